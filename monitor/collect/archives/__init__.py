"""Dated items from archives, one module an archive."""
