"""Mails as files: for a look at them, or for another program that sends them."""

import re
from hashlib import sha256
from pathlib import Path

from monitor.deliver.base import OutgoingMail
from monitor.deliver.message import read_message
from monitor.errors import DeliveryError


class FolderDeliverer:
    """Writes each mail into a folder as ``RECIPIENT-DIGEST.eml``; the same mail is the same file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self) -> None:
        """Make the folder where there is none."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._refusal(error) from error

    def send(self, mail: OutgoingMail) -> None:
        """Write one mail."""
        file = self.file(mail)
        unfinished = file.with_suffix(".part")
        try:
            unfinished.write_bytes(mail.content)
            unfinished.replace(file)
        except OSError as error:
            raise self._refusal(error) from error

    def file(self, mail: OutgoingMail) -> Path:
        """Return where a mail is written."""
        return self._folder / mail_name(mail)

    def close(self) -> None:
        """Nothing is held open."""

    def _refusal(self, error: OSError) -> DeliveryError:
        return DeliveryError(f"{self._folder}: {error.strerror or error}; name another folder with --folder")


def mail_name(mail: OutgoingMail) -> str:
    """Return the file name of a mail, safe on any file system."""
    digest = sha256(str(read_message(mail.content)["Message-ID"]).encode()).hexdigest()[:12]
    return f"{re.sub(r'[^A-Za-z0-9@._+-]', '_', mail.recipient)[:100].lstrip('.')}-{digest}.eml"
