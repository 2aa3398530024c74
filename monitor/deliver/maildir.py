"""Mails into a Maildir: for a mail program on the same machine, and for a look at what would be sent."""

from pathlib import Path

from monitor.deliver.base import OutgoingMail
from monitor.deliver.folder import mail_name
from monitor.errors import DeliveryError

FOLDERS = ("cur", "new", "tmp")


class MaildirDeliverer:
    """Writes each mail into ``new/`` by way of ``tmp/``; the same mail is the same file.

    The format is Bernstein's, cr.yp.to/proto/maildir.html; names are not his, since they are to be the same
    when a mail comes again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self) -> None:
        """Make the folders where there are none."""
        try:
            for name in FOLDERS:
                (self._folder / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._refusal(error) from error

    def send(self, mail: OutgoingMail) -> None:
        """Write one mail, unless the Maildir has it already, read or not."""
        name = mail_name(mail).removesuffix(".eml")
        unfinished = self._folder / "tmp" / name
        try:
            if any((self._folder / "cur").glob(f"{_literally(name)}:2,*")):
                return
            unfinished.write_bytes(mail.content.replace(b"\r\n", b"\n"))
            unfinished.replace(self._folder / "new" / name)
        except OSError as error:
            raise self._refusal(error) from error

    def close(self) -> None:
        """Nothing is held open."""

    def _refusal(self, error: OSError) -> DeliveryError:
        return DeliveryError(f"{self._folder}: {error.strerror or error}; name another with MONITOR_MAILDIR")


def _literally(name: str) -> str:
    return name.replace("[", "[[]")
