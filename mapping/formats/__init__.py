"""Bytes to frames and back: files of other systems, read and written."""
