"""The database: items with their revisions, what models said of them, and the weekly sums.

Functions take a session, never commit, and return frozen values; rows stay in here.
"""
