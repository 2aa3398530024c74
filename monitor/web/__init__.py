"""The dashboard and the coding pages, over the same functions as the command line."""
