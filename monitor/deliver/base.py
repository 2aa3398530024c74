"""What delivers, and the mail that it is given."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """A mail to one recipient; ``content`` holds the whole message, lines ending in CR LF."""

    recipient: str
    content: bytes


class Deliverer(Protocol):
    """Takes mails to where they go; see `monitor.deliver.smtp` and `monitor.deliver.folder`."""

    def open(self) -> None:
        """Make ready to send, where it is not so already.

        Raises:
            DeliveryError: the server cannot be used, whoever the mail is for.
        """

    def send(self, mail: OutgoingMail) -> None:
        """Deliver a mail; on return, responsibility for it lies with the server.

        Raises:
            DeliveryError: it was not taken; see its ``permanent``.
        """

    def close(self) -> None:
        """End the connection; `open` makes another."""
