"""An alert: one outbreak of coverage in the running week, as a short mail of plain text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256

from monitor.findings import Outbreak
from monitor.report.data import FrameText
from monitor.report.figures import counted, number, percent, short_date
from monitor.report.masking import masked, names_beside
from monitor.report.plain import wrapped
from monitor.report.stories import safe_link
from monitor.report.wording import ABOUT, carried_by, framing, point_range, point_range_of, upper_first
from monitor.types import Event, SharePoint, Story


@dataclass(frozen=True, slots=True)
class AlertData:
    """Everything that an alert says; the same data give the same bytes."""

    outbreak: Outbreak
    frame: FrameText | None
    """Whose share breaks out; None where the number of items does."""
    share: SharePoint | None
    """With its interval; None where the number of items breaks out."""
    generated_at: datetime
    model: str
    threshold: float
    """Of the outbreak's z."""
    events: Sequence[Event] = ()
    """They exempt the names that they hold from masking."""
    sender: str = "monitor@example.invalid"


def write_alert(data: AlertData) -> bytes:
    """Return the message without recipients; its Message-ID comes from a digest of the content."""
    subject, text = alert_subject(data), alert_text(data)
    digest = sha256(f"{subject}\n{data.generated_at.isoformat()}\n{text}".encode()).hexdigest()
    message = EmailMessage(policy=SMTP)
    message["From"] = data.sender
    message["Subject"] = subject
    message["Date"] = format_datetime(data.generated_at)
    message["Message-ID"] = f"<alert.{digest[:24]}@{data.sender.rpartition('@')[2].strip(' >')}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, charset="utf-8", cte="quoted-printable")
    return message.as_bytes()


def alert_subject(data: AlertData) -> str:
    """Return the number, and what is usual beside it."""
    if data.frame is None or data.share is None:
        items = counted(data.outbreak.n, "item")
        return f"Coverage alert: {items} {ABOUT} this week so far, usually {_usual(data)} a week"
    figure = point_range(data.share)
    return f"Coverage alert: {framing(data.frame)} {figure} this week so far, usually {_usual(data)}"


def alert_text(data: AlertData) -> str:
    """Return the mail's text."""
    parts = [
        wrapped(_opening(data)),
        wrapped(_usual_sentence(data)),
        "The stories that most outlets carried:",
    ]
    parts += [_story(story, data) for story in data.outbreak.stories] or ["None is stored."]
    parts += [wrapped(sentence) for sentence in _cautions(data)]
    return "\n\n".join(parts) + "\n"


def _opening(data: AlertData) -> str:
    week, n = data.outbreak.week, data.outbreak.n
    if data.frame is None or data.share is None:
        return f"Coverage has broken out: {counted(n, 'item')} {ABOUT} in {week} so far."
    figure = point_range_of(data.share)
    return f"{upper_first(framing(data.frame))} has broken out: {figure} items {ABOUT} in {week} so far."


def _usual(data: AlertData) -> str:
    median = data.outbreak.median or 0.0
    return number(median) if data.frame is None else percent(median)


def _usual_sentence(data: AlertData) -> str:
    found = data.outbreak
    unit = " items a week" if data.frame is None else " of a week's items"
    z = f"{found.z:.1f}" if found.z is not None else "not known"
    return (
        f"Usual is {_usual(data)}{unit}, the median of the {found.weeks} weeks before that were read. "
        f"This week stands {z} robust standard deviations above it; an alert goes out from "
        f"{data.threshold:g} on."
    )


def _story(story: Story, data: AlertData) -> str:
    exempt = [text for event in data.events for text in (event.name, event.note)]
    private = {name for text in (story.title, story.summary) for name in names_beside(text, exempt)}
    title = " ".join(masked(story.title, exempt, private).split())
    where = f"{story.outlet}, {short_date(story.published_at.date())}; carried by {carried_by(story.outlets)}"
    link = safe_link(story.url)
    return "\n".join(
        [wrapped(title, "  ", "- "), wrapped(where, "  ", "  "), *([f"  {link}"] if link else [])]
    )


def _cautions(data: AlertData) -> Sequence[str]:
    return (
        "The week is not over, and its figures will change. They are headline readings of all outlets by the "
        f"model {data.model}, uncorrected, with copies of a story counted once. They describe coverage, not "
        "social work.",
        "Such an alert comes at most once a day on one topic, and again only where the figure has risen by "
        "half since.",
    )
