"""Pages over the database: overview, trends, items, events, status; coding by people; leaving a list.

Made on the server, HTML and one style sheet: they work without JavaScript, and load nothing from elsewhere.
"""
