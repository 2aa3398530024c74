"""The kinds of classifier; ``monitor.label.registry`` loads them."""
