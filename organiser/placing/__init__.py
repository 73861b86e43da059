"""Verdicts onto the disk and into metadata, so that nothing of anyone is ever lost by it."""
