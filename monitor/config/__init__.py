"""What the user configured: feeds.yaml, and the events that come with the program."""
