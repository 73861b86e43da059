"""From labelled pictures on disk to prepared sets: sources, crops, duplicates, splits."""
