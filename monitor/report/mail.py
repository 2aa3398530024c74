"""The report as a message: plain text, and a page whose style is inlined and whose charts travel with it."""

from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256

from monitor.report.data import ReportData
from monitor.report.document import Document


def write_mail(
    data: ReportData, document: Document, text: str, html: str, pictures: Mapping[str, bytes]
) -> bytes:
    """Return the message as it goes over the wire; ``pictures`` are PNGs by the id of their chart.

    Boundaries and Message-ID come from a digest of the content, so that the same report is the same message.
    """
    digest = sha256(
        f"{document.subject}\n{data.generated_at.isoformat()}\n{text}\n{html}".encode()
    ).hexdigest()
    domain = data.sender.rpartition("@")[2].strip(" >")
    message = EmailMessage(policy=SMTP)
    message["From"] = data.sender
    if data.recipients:
        message["To"] = ", ".join(data.recipients)
    message["Subject"] = f"[Sample] {document.subject}" if data.sample else document.subject
    message["Date"] = format_datetime(data.generated_at)
    message["Message-ID"] = f"<{document.name}.{digest[:24]}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, charset="utf-8", cte="quoted-printable")
    message.add_alternative(inline_style(html), subtype="html", charset="utf-8", cte="quoted-printable")
    _attach_charts(message, pictures, document.name)
    _set_boundaries(message, digest)
    return message.as_bytes()


def inline_style(html: str) -> str:
    """Return the page with its rules on every element; the style sheet stays too, for media queries."""
    import css_inline

    inlined: str = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False).inline(html)
    return inlined


def _attach_charts(message: EmailMessage, pictures: Mapping[str, bytes], name: str) -> None:
    """Put the charts beside the HTML, in a part of related ones that nothing but it refers to."""
    page = message.get_payload()[-1]  # type: ignore[index]
    assert isinstance(page, EmailMessage)  # noqa: S101 - add_alternative makes parts of the message's own kind
    for id_, png in pictures.items():
        page.add_related(
            png,
            maintype="image",
            subtype="png",
            cid=f"<{id_}>",
            disposition="inline",
            filename=f"{name}-{id_}.png",
        )


def _set_boundaries(message: EmailMessage, digest: str) -> None:
    for number, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary(f"={digest[:24]}={number}=")
