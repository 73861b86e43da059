"""Disk to found files, and nothing about pictures or rows: walk, ignore, digest, settle, watch."""
