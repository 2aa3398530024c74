"""From sources to items: the bounded HTTP client, feeds, pages, dates, addresses, files of archives."""
