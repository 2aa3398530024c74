"""Article text out of HTML, in a process that can be killed: some pages make any extractor hang."""

from monitor.collect.killable import Killable


class Extractor(Killable):
    """Owns one process that reads pages, started at the first; use as an async context.

    Attributes:
        failures: pages that were given up, because the process took too long or died.
    """

    def __init__(self, *, deadline: float = 10.0, pages_per_process: int = 200) -> None:
        super().__init__(
            "monitor.collect.extract_worker", deadline=deadline, requests_per_process=pages_per_process
        )

    async def text_of(self, html: bytes, url: str) -> str:
        """Return the article as plain text, one paragraph a line.

        Empty where there is none, and where the process took longer than the deadline or died.
        """
        answer = await self.ask(url.encode("utf-8", "replace"), html)
        return (answer or b"").decode("utf-8", "replace")
