"""Commands on the work that waits, runs and failed."""
