"""Findings, stories and source health in, documents out; nothing here reads or writes a file.

data → anatomy (what is said, in which order) → wording (how it is said) → charts → render, mail.
"""
