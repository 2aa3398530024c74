"""``monitor serve`` and ``monitor deliver --resubscribe``, as commands."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from monitor.cli import main
from monitor.deliver.unsubscribe import Subscription
from monitor.pipeline.subscriptions import run_unsubscribe
from monitor.store.open import open_store
from monitor.web.serve import listening
from tests.web.conftest import FEEDS, LATER, PASSWORD


@pytest.fixture
def folder(filled_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "monitor.db").write_bytes(filled_path.read_bytes())
    (tmp_path / "feeds.yaml").write_text(FEEDS)
    monkeypatch.chdir(tmp_path)
    for name in ("MONITOR_WEB_PASSWORD", "MONITOR_SECRET", "MONITOR_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_serving_starts_says_where_and_ends_well_on_a_signal(folder: Path, end: signal.Signals) -> None:
    command = [sys.executable, "-m", "monitor", "serve", "--port", "0", "--model", "test"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            said = process.stderr.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+/", said)
            assert found is not None, said
            assert "without a password" in said
            answer = httpx.get(found[0], timeout=60)
            process.send_signal(end)
            rest = process.stderr.read()
            process.wait()
        finally:
            process.kill()

    assert answer.status_code == 200
    assert "server" not in answer.headers
    assert rest == ""
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("feeds", "words", "why"),
    [
        (
            FEEDS,
            ["--host", "0.0.0.0"],
            "--host 0.0.0.0: others may reach the pages; set MONITOR_WEB_PASSWORD",
        ),
        (
            "web: https://m.example.org\n" + FEEDS,
            [],
            "web: https://m.example.org: others may reach the pages",
        ),
    ],
)
def test_whatever_others_may_reach_demands_a_password(
    folder: Path, feeds: str, words: list[str], why: str
) -> None:
    (folder / "feeds.yaml").write_text(feeds)
    done = CliRunner().invoke(main, ["serve", "--port", "0", *words])

    assert done.exit_code == 1
    assert why in done.output


def test_a_port_that_is_taken_is_said_to_be(folder: Path) -> None:
    with listening("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        done = CliRunner().invoke(main, ["serve", "--port", port])

    assert done.exit_code == 1
    assert f"127.0.0.1 port {port}: Address already in use" in done.output


def test_a_short_password_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITOR_WEB_PASSWORD", PASSWORD[:11])

    assert "too short to be safe" in CliRunner().invoke(main, ["serve", "--port", "0"]).output


def test_help_does_not_import_the_web_framework() -> None:
    code = "import sys, monitor.cli; print([m for m in ('fastapi', 'uvicorn', 'jinja2') if m in sys.modules])"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COV")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)

    assert done.stdout.strip() == "[]"


def test_a_recipient_comes_back_by_command(folder: Path) -> None:
    store = open_store(f"sqlite:///{folder / 'monitor.db'}")
    run_unsubscribe(store, Subscription("team", "ann@council.example"), lambda: LATER)
    store.close()

    def monitor(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, list(words))
        return done.exit_code, done.output

    assert "; 1 unsubscribed" in monitor("status")[1]
    assert monitor("deliver", "--resubscribe", "ann@council.example", "--list", "press")[0] == 1
    assert monitor("deliver", "--resubscribe", "ann@council.example") == (
        0, "ann@council.example gets team again, from the next report on.\n",
    )  # fmt: skip
    assert "unsubscribed" not in monitor("status")[1]
    assert monitor("deliver", "--list", "team")[0] == 2
