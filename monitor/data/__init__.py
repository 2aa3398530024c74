"""Data that comes with the program: codebook, events."""
