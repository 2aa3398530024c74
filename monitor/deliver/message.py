"""The headers that a mail gets on its way: those for its list, and those for its recipient."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from urllib.parse import quote

from monitor.clock import Clock
from monitor.deliver.base import OutgoingMail
from monitor.deliver.unsubscribe import ONE_CLICK
from monitor.errors import DeliveryError

NOBODY = "monitor@example.invalid"


AS_IT_IS = SMTP.clone(refold_source="none")
"""Writes back what was read byte for byte; only headers that were set since are folded."""


def read_message(content: bytes) -> EmailMessage:
    """Parse a message, such that it is written back as it was."""
    return message_from_bytes(content, policy=AS_IT_IS)


def prepare_for_list(content: bytes, contact: str | None) -> bytes:
    """Return a message without recipients, marked as automatic, with the way to leave the list."""
    message = read_message(content)
    for name in ("To", "Cc", "Bcc", "List-Unsubscribe"):
        del message[name]
    if message["Auto-Submitted"] is None:
        message["Auto-Submitted"] = "auto-generated"
    if contact is not None:
        message["List-Unsubscribe"] = f"<mailto:{quote(contact, safe='@+')}?subject=unsubscribe>"
    return message.as_bytes()


def address_to(content: bytes, key: str, recipient: str, leave: str | None = None) -> OutgoingMail:
    """Return the mail to one recipient.

    Its Message-ID depends on the message, its key and the recipient alone, so that mail programs recognise a
    mail that came twice, and nobody's address shows in it.

    Args:
        leave: the https address at which this recipient leaves the list with one click (RFC 8058); it goes
            before the mailto that the message has already.

    Raises:
        DeliveryError: no mail server takes such an address.
    """
    address = ascii_address(recipient)
    message = read_message(content)
    old = str(message["Message-ID"] or f"<{NOBODY}>").strip().strip("<>")
    name, _, domain = old.rpartition("@")
    digest = sha256(f"{key}\n{recipient}\n{old}".encode()).hexdigest()[:24]
    for header in ("To", "Message-ID"):
        del message[header]
    message["To"] = address
    # Put before the rest by hand: folded, as a long one would be, some servers do not know it for what it is.
    first = f"Message-ID: <{name}.{digest}@{domain}>\r\n"
    if leave is not None:
        first += _one_click(message, leave)
    return OutgoingMail(address, first.encode("ascii", "replace") + message.as_bytes())


def _one_click(message: EmailMessage, leave: str) -> str:
    """Return the headers of RFC 8058, section 3.1, and take the ones that they replace out of the message.

    They are written by hand too: folding would encode so long a word, which no program reads then.
    """
    ways = [f"<{leave}>", *str(message["List-Unsubscribe"] or "").split(", ")]
    for header in ("List-Unsubscribe", "List-Unsubscribe-Post"):
        del message[header]
    listed = ",\r\n ".join(way for way in ways if way)
    return f"List-Unsubscribe: {listed}\r\nList-Unsubscribe-Post: {ONE_CLICK}\r\n"


def ascii_address(address: str) -> str:
    """Return an address as SMTP without extensions takes it.

    Raises:
        DeliveryError: it has none such form.
    """
    local, _, domain = address.rpartition("@")
    try:
        return f"{local.encode('ascii').decode()}@{domain.encode('idna').decode()}"
    except UnicodeError as error:
        raise DeliveryError(f"{address}: is not an address that mail servers take", permanent=True) from error


def trial_mail(recipient: str, clock: Clock) -> OutgoingMail:
    """Return the short mail of ``monitor deliver --test``."""
    now = clock()
    message = EmailMessage(policy=SMTP)
    message["From"] = NOBODY
    message["Subject"] = "Test mail of the social work monitor"
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<test.{now:%Y%m%d%H%M%S%f}@{NOBODY.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("This server can send the weekly report to this address.\n")
    return address_to(message.as_bytes(), "test", recipient)
