"""Commands on the organiser itself."""
