"""What people look at: read from the index, changed by nothing here."""
