"""Networks and their weights: built, read, asked, and taught a head."""
