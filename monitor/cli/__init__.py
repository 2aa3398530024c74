"""The command line: parse, call one function of the pipeline, print what came of it.

Only click is imported before a command runs, so that ``monitor --help`` answers at once.
"""

import click

from monitor.cli.collect import backfill, collect
from monitor.cli.common import Commands, shared_options
from monitor.cli.database import db, export, forget
from monitor.cli.deliver import deliver
from monitor.cli.demo import demo
from monitor.cli.gold import gold
from monitor.cli.label import classify, evaluate, label, models, relabel, train
from monitor.cli.report import report
from monitor.cli.run import run
from monitor.cli.status import doctor, status
from monitor.cli.trend import events, trend


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="social-work-monitor", prog_name="monitor")
@shared_options
def main() -> None:
    """Monitor how the news media portray social work: collect, label, trend, report.

    Exit status: 0 done, 1 an expected failure (one line says what and the remedy), 2 wrong usage.
    """


for command in (
    demo, collect, backfill, label, relabel, classify, evaluate, train, models, gold, trend, events, report,
    deliver, run, status, doctor, forget, export, db,
):  # fmt: skip
    main.add_command(command)
