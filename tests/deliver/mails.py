"""Mails for tests."""

from email.message import EmailMessage
from email.policy import SMTP

from monitor.deliver.base import OutgoingMail
from monitor.deliver.message import address_to

TEXT = "Coverage of “failures” is up.\n.\nA line of one dot stands above.\n"


def a_report(text: str = TEXT, *, subject: str = "Social work in the news, 2026-W46: “Failed” up") -> bytes:
    """A report as the report stage writes it: text, a page, and a picture that travels with it."""
    message = EmailMessage(policy=SMTP)
    message["From"] = "monitor@example.invalid"
    message["To"] = "desk@example.invalid"
    message["Subject"] = subject
    message["Date"] = "Mon, 16 Nov 2026 06:30:00 +0000"
    message["Message-ID"] = "<2026-W46.0123456789abcdef@example.invalid>"
    message.set_content(text, charset="utf-8", cte="quoted-printable")
    message.add_alternative(f"<p>{text}</p>", subtype="html", charset="utf-8", cte="quoted-printable")
    page = message.get_payload()[-1]  # type: ignore[index]
    assert isinstance(page, EmailMessage)
    page.add_related(bytes(range(256)), maintype="image", subtype="png", cid="<core>")
    for number, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary(f"=boundary={number}=")
    return message.as_bytes()


def a_mail(recipient: str = "ann@council.example", text: str = TEXT) -> OutgoingMail:
    return address_to(a_report(text), "team/weekly/2026-W46", recipient)
