"""Monitor of how the news media portray social work."""
