"""Deliver: a finished mail goes to one recipient, by SMTP or into a folder."""
