"""Commands with which people say what a photo shows."""
