"""What of the index a backup keeps, as plain rows: read in one snapshot, put back into an empty index.

Knows tables and columns; what file the rows lie in is `organiser.jobs`' concern.
"""
