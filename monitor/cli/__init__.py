"""The command line: parse, call one function of the pipeline, print what came of it.

Only click is imported before a command runs, so that ``monitor --help`` answers at once.
"""

import click

from monitor.cli.backfill import backfill
from monitor.cli.breaks import breaks, outbreaks, visibility
from monitor.cli.collect import collect
from monitor.cli.common import Commands, shared_options
from monitor.cli.database import db, export, forget
from monitor.cli.deliver import deliver
from monitor.cli.demo import demo
from monitor.cli.event import event
from monitor.cli.gold import gold
from monitor.cli.indicators import indicators
from monitor.cli.label import classify, evaluate, label, relabel, train
from monitor.cli.models import models
from monitor.cli.report import report
from monitor.cli.run import run
from monitor.cli.serve import serve
from monitor.cli.simulate import simulate
from monitor.cli.status import doctor, status
from monitor.cli.trend import events, trend


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="social-work-monitor", prog_name="monitor")
@shared_options
def main() -> None:
    """Monitor how the news media portray social work: collect, label, trend, report.

    New here? `monitor demo` shows it all on a sample. The usual order is collect, label, report; `run` does
    that by itself, and `status` and `doctor` say how it is going.

    Exit status: 0 done, 1 an expected failure (one line says what and the remedy), 2 wrong usage, 130
    interrupted by Ctrl-C.
    """


for command in (
    demo, collect, backfill, label, relabel, classify, evaluate, train, models, gold, trend, events, event,
    breaks, outbreaks, visibility, indicators, simulate,
    report, deliver, run, serve, status, doctor, forget, export, db,
):  # fmt: skip
    main.add_command(command)
