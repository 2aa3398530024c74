"""The report as it is mailed to a list that wants some frames or outlets alone, or less detail."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from monitor.clock import Clock
from monitor.config.load import Config, MailingList
from monitor.pipeline.deliver import MONTHLY, WEEKLY, enqueue_report
from monitor.pipeline.report import Written
from monitor.pipeline.reportdata import Asked, Only, month_asked, report_data, week_asked
from monitor.report.anatomy import alts, lay_out, plot_of
from monitor.report.charts import Charts, make_charts
from monitor.report.data import FrameText, ReportData
from monitor.report.document import Document, Part, Prose, Table
from monitor.report.mail import write_mail
from monitor.report.opening import too_little_observed
from monitor.report.render import mail_document, text_document
from monitor.report.stories import POSITIVE
from monitor.report.wording import short_name
from monitor.store.open import Store
from monitor.types import StoredModel

WHOLE = ((), (), "full")
BRIEF = ("figures", "shares", "stories", "positive", "adults", "contest")
"""The parts of a brief mail, by their ids; tables are left out of them too."""


def queue_report(
    store: Store, config: Config, model: StoredModel, clock: Clock, written: Written, *, sample: bool = False
) -> int:
    """Queue a report of a week or a month that is written, for every list its own mail of it.

    Args:
        written: what `monitor.pipeline.report.run_report` returned.
        sample: as it was given there.

    Returns:
        How many deliveries are new.
    """
    eml = next(path for path in written.files if path.suffix == ".eml").read_bytes()
    kind = MONTHLY if written.month else WEEKLY
    asked = month_asked(written.month) if written.month else week_asked(written.week)
    own = list_mails(store, config, model, clock, asked, sample=sample)
    return enqueue_report(store, config, written.week, eml, clock, kind=kind, own=own)


def list_mails(
    store: Store, config: Config, model: StoredModel, clock: Clock, asked: Asked, *, sample: bool = False
) -> Mapping[str, bytes]:
    """Return the mail of every list that does not get the whole report, by the list's name.

    Args:
        sample: as for `monitor.pipeline.report.run_report`.

    Raises:
        UsageError: the model has labelled nothing up to the last week.
    """
    wishes = {one.name: (one.frames, one.outlets, one.detail) for one in config.lists}
    made = {
        wishes[one.name]: partial(_mail, store, config, model, clock, asked, one, sample)
        for one in config.lists
        if wishes[one.name] != WHOLE
    }
    mails = {wish: make() for wish, make in made.items()}
    return {name: mails[wish] for name, wish in wishes.items() if wish != WHOLE}


def _mail(
    store: Store,
    config: Config,
    model: StoredModel,
    clock: Clock,
    asked: Asked,
    wanted: MailingList,
    sample: bool,
) -> bytes:
    only = Only(wanted.frames, wanted.outlets)
    data = report_data(store, config, model, clock, asked, sample=sample, only=only)
    charts = Charts() if too_little_observed(data) else make_charts(plot_of(data), alts(data))
    document = _for_list(lay_out(data), data, wanted)
    shown = [chart for chart in charts.still if _has(document, chart.id)]
    html = mail_document(document, shown)
    return write_mail(data, document, text_document(document), html, {c.id: c.png() for c in shown})


def _for_list(document: Document, data: ReportData, wanted: MailingList) -> Document:
    said = scope_sentence(data.frames if wanted.frames else (), wanted.outlets)
    notices = [*([Prose(said, "box")] if said else []), *document.notices]
    parts = document.parts if wanted.detail == "full" else _brief(document.parts)
    if wanted.frames:
        left_out = () if POSITIVE in wanted.frames else (POSITIVE,)
        parts = [_of_frames(part) for part in parts if part.id not in left_out]
    return replace(document, notices=notices, parts=parts)


def _of_frames(part: Part) -> Part:
    """Return a part under a heading that does not call the frames of a list core frames."""
    return replace(part, heading="How these frames have moved") if part.id == "shares" else part


def scope_sentence(frames: Sequence[FrameText], outlets: Sequence[str]) -> str:
    """Say which frames and outlets a mail is of; nothing where it is of all."""
    named = [
        f"the {'frame' if len(frames) == 1 else 'frames'} {_listed([short_name(one) for one in frames])}"
        if frames
        else "",
        f"coverage by {_listed(outlets)}" if outlets else "",
    ]
    said = " and only ".join(part for part in named if part)
    return f"This mail holds only {said}, as its list asks." if said else ""


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _brief(parts: Sequence[Part]) -> list[Part]:
    return [
        replace(part, blocks=[block for block in part.blocks if not isinstance(block, Table)])
        for part in parts
        if part.id in BRIEF
    ]


def _has(document: Document, chart: str) -> bool:
    pictured = (block for part in document.parts for block in part.blocks if block.kind == "picture")
    return any(block.chart == chart for block in pictured)
