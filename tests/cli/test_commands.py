import gzip
import json
import select
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import FEEDS, ROWS, Run, answer, complaint

INTAKE = {"read", "new", "revised", "duplicate", "rejected", "reasons"}


def test_help_imports_nothing_heavy() -> None:
    heavy = (
        "sqlalchemy",
        "sklearn",
        "numpy",
        "httpx",
        "feedparser",
        "trafilatura",
        "altair",
        "pydantic",
        "yaml",
    )
    program = (
        "import sys, click.testing, monitor.cli as c;"
        "click.testing.CliRunner().invoke(c.main, ['--help'], catch_exceptions=False);"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "[]"


@pytest.mark.parametrize("group", [(), ("backfill",), ("models",), ("gold",), ("db",)])
def test_no_command_is_summed_up_in_half_a_sentence(run: Run, group: tuple[str, ...]) -> None:
    commands = run(*group, "--help").stdout.partition("Commands:")[2].splitlines()

    assert len(commands) > 2
    assert [line for line in commands if line.endswith("...")] == []


def test_options_may_stand_before_or_after_the_command(run: Run, folder: Path) -> None:
    before = answer(run("--db", "sqlite:///a.db", "--json", "backfill", "file", "rows.csv"))
    after = answer(run("backfill", "file", "rows.csv", "--json", "--db", "sqlite:///b.db"))

    assert before == after
    assert (folder / "a.db").exists()
    assert (folder / "b.db").exists()


def test_the_database_may_come_from_the_environment(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONITOR_DATABASE_URL", "sqlite:///elsewhere.db")
    answer(run("backfill", "file", "rows.csv", "--json"))

    assert (folder / "elsewhere.db").exists()


def test_an_import_reports_what_became_of_every_row_and_a_second_one_stores_nothing(run: Run) -> None:
    first = answer(run("backfill", "file", "rows.csv", "--json"))
    second = answer(run("backfill", "file", "rows.csv", "--json"))

    assert set(first) == INTAKE
    assert (first["read"], first["new"]) == (4, 4)
    assert (second["read"], second["new"], second["duplicate"]) == (4, 0, 4)


def test_json_is_one_document_and_nothing_else_on_standard_output(run: Run) -> None:
    run("backfill", "file", "rows.csv")
    for words in (("status",), ("events",), ("label",), ("trend",), ("models",), ("db", "check")):
        result = run(*words, "--json")
        assert json.loads(result.stdout) is not None, words


def test_times_are_told_in_utc_as_iso_8601(run: Run) -> None:
    run("backfill", "file", "rows.csv")
    last = answer(run("status", "--json"))["last_intake_at"]

    assert datetime.fromisoformat(last).utcoffset() == timedelta(0)
    assert last[10] == "T"
    assert last.endswith("Z")


def test_status_tells_the_newest_publication_apart_from_when_anything_came_in(run: Run) -> None:
    before = datetime.now(UTC)  # noqa: TID251 - the command reads it too
    run("backfill", "file", "rows.csv")
    found = answer(run("status", "--json"))
    (line,) = (line for line in run("status").stdout.splitlines() if line.startswith("Items"))

    assert found["newest_item_at"] == "2026-11-11T12:00:00Z"
    assert datetime.fromisoformat(found["last_intake_at"]) >= before
    assert "the newest was published on 11 November 2026; the last came in at 20" in line


def test_trend_gives_every_week_of_every_frame_marked_uncorrected(run: Run) -> None:
    run("backfill", "file", "rows.csv")
    labelled = answer(run("label", "--json"))
    trend = answer(run("trend", "--json", "--from", "2026-W45", "--to", "2026-W46"))

    assert labelled["labelled"] == 4
    assert trend["model"] == labelled["model"]
    assert {(row["week"], row["frame"]) for row in trend["rows"]} >= {("2026-W45", "incompetent")}
    assert not any(row["corrected"] for row in trend["rows"])
    assert all(
        (row["share"] is None) if row["n"] == 0 else row["low"] <= row["share"] <= row["high"]
        for row in trend["rows"]
    )


def test_classify_answers_line_by_line_in_order_and_marks_what_it_cannot_read(run: Run) -> None:
    lines = [
        json.dumps({"id": "a", "title": "Social workers missed the signs, review finds", "text": ""}),
        "not json",
        json.dumps({"id": "c", "title": "Bus lane opens", "text": "Traffic flowed."}),
    ]
    result = run("classify", input="\n".join(lines))
    first, second, third = (json.loads(line) for line in result.stdout.splitlines())

    assert result.exit_code == 0
    assert first["id"] == "a"
    assert set(first) == {"id", "relevant", "tone", "frames", "primary", "evidence", "model", "codebook"}
    assert set(first["frames"]["incompetent"]) == {"p", "label", "unclear", "margin"}
    assert set(first["relevant"]) == {"p", "label", "unclear", "margin"}
    assert (second["id"], second["line"]) == (None, 2)
    assert third["relevant"]["label"] is False
    assert third["tone"]["band"] is None
    for part in first["evidence"]:
        whole = "Social workers missed the signs, review finds\n"
        assert whole[part["start"] : part["end"]] == part["text"]


def test_classify_answers_each_line_while_whoever_asks_keeps_the_pipe_open(folder: Path) -> None:
    command = [sys.executable, "-m", "monitor", "classify"]
    with subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as asked:
        assert asked.stdin is not None
        assert asked.stdout is not None
        for number in (1, 2):
            asked.stdin.write(b'{"id": %d, "title": "Social worker struck off"}\n' % number)
            asked.stdin.flush()
            came, _, _ = select.select([asked.stdout], [], [], 60)
            if not came:
                asked.kill()
            assert came, f"no answer to line {number}"
            assert json.loads(asked.stdout.readline())["id"] == number
        asked.stdin.write(b"the last line, without an end")
        asked.stdin.close()
        assert json.loads(asked.stdout.readline())["line"] == 3


def test_ctrl_c_is_told_in_one_line_with_what_it_means(folder: Path) -> None:
    # A shell lets what it runs in the background ignore SIGINT, these tests maybe among it.
    heed = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    command = [sys.executable, "-c", f"{heed}; import monitor.cli as c; c.main(['classify'])"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=folder, **pipes) as asked:  # type: ignore[call-overload]
        asked.stdin.write(b'{"id": 1, "title": "Social worker struck off"}\n')
        asked.stdin.flush()
        assert json.loads(asked.stdout.readline())["id"] == 1
        asked.send_signal(signal.SIGINT)
        said = asked.stderr.read().decode()

    assert asked.returncode == 130
    assert said == ("monitor: interrupted; what was reported as done is kept, and running it again goes on\n")


def test_exported_rows_are_one_json_list_where_json_is_asked_for(run: Run) -> None:
    run("backfill", "file", "rows.csv")
    run("label")
    for what in ("items", "labels", "shares"):
        rows = answer(run("export", what, "--json"))
        lines = run("export", what, "--format", "jsonl").stdout.splitlines()
        assert rows == [json.loads(line) for line in lines]
        assert rows
    assert answer(run("export", "items", "--from", "1990-W01", "--to", "1990-W02", "--json")) == []


def test_what_no_file_or_item_can_be_is_refused_in_one_line(run: Run, folder: Path) -> None:
    run("backfill", "file", "rows.csv")
    assert complaint(run("export", "items", "--out", ".")).startswith(".: ")
    assert run("forget", "--item", str(2**70)).exit_code == 2
    assert [path.name for path in folder.iterdir() if path.suffix == ".part"] == []


def test_weeks_without_anything_labelled_are_not_estimable(run: Run) -> None:
    run("backfill", "file", "rows.csv")
    run("label")
    told = answer(run("trend", "--from", "2030-W01", "--to", "2030-W10", "--json"))
    assert (told["status"], told["rows"]) == ("not_estimable", [])
    assert told["reason"]


def test_the_choice_of_a_model_is_told_in_json_too(run: Run) -> None:
    assert answer(run("models", "use", "linear", "--json")) == {"active": "linear"}


def test_classify_and_evaluate_use_the_model_that_was_chosen(run: Run) -> None:
    answer(run("models", "use", "linear", "--json"))
    line = json.dumps(
        {"id": "1", "title": "Social workers praised", "relevant": True, "frames": ["positive"]}
    )
    Path("gold.jsonl").write_text(line + "\n", "utf-8")
    assert answer(run("classify", input=line))["model"].startswith("linear@")
    assert answer(run("evaluate", "gold.jsonl", "--json"))["model"].startswith("linear@")


def test_a_broken_model_is_listed_with_its_reason_and_stands_in_no_others_way(run: Run) -> None:
    run("backfill", "file", "rows.csv")
    run("label", "--model", "linear")
    broken = Path("models", "bad")
    broken.mkdir(parents=True)
    (broken / "manifest.json").write_text("{", "utf-8")
    assert answer(run("models", "use", "linear", "--json")) == {"active": "linear"}
    listed = {model["name"]: model for model in answer(run("models", "--json"))}
    assert (listed["bad"]["kind"], listed["linear"]["problem"]) == ("broken", None)
    assert "no manifest to be read" in listed["bad"]["problem"]
    assert "no manifest to be read" in run("models").stdout
    assert answer(run("trend", "--json"))["model"].startswith("linear@")
    assert "no manifest to be read" in run("doctor").stderr + run("doctor").stdout
    assert "no manifest to be read" in complaint(run("models", "use", "bad"))


def test_a_model_that_could_not_label_is_not_made_the_active_one(run: Run) -> None:
    folder = Path("models", "own")
    folder.mkdir(parents=True)
    manifest = {"kind": "linear", "codebook": "0.1", "frames": [], "artefact": "x.npz", "sha256": ""}
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    assert "made for codebook 0.1" in complaint(run("models", "use", "own"))
    assert next(model["name"] for model in answer(run("models", "--json")) if model["active"]) != "own"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("models", "add", "../../x", "base"), "plain folder name"),
        (("models", "add", "own", "base", "--map", "LABEL_0"), "--map LABEL_0: must be LABEL=HEAD"),
    ],
)
def test_a_model_is_not_added_under_a_wrong_name_or_map(run: Run, words: tuple[str, ...], said: str) -> None:
    assert said in complaint(run(*words))


def test_a_seed_below_nought_is_refused(run: Run) -> None:
    assert run("evaluate", "rows.csv", "--seed", "-1").exit_code == 2


def test_units_for_coders_are_no_answer_in_json(run: Run) -> None:
    result = run("gold", "export", "--sample", "random-1", "--json")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "--out" in result.stderr


def test_a_folder_is_no_database_and_a_missing_file_no_gold(run: Run, folder: Path) -> None:
    (folder / "inner").mkdir()
    assert "inner: is a folder" in complaint(run("status", "--db", "sqlite:///inner"))
    for words in (("evaluate", "none.jsonl"), ("gold", "agreement", "none.jsonl", "b.jsonl")):
        assert complaint(run(*words)) == "none.jsonl: No such file or directory; name another file"


@pytest.mark.parametrize("name", ["scan.csv", "scan.csv.gz", "scan.jsonl"])
def test_a_picture_or_spreadsheet_named_as_a_table_is_refused_in_one_line(
    run: Run, folder: Path, name: str
) -> None:
    rows = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 8
    (folder / name).write_bytes(gzip.compress(rows) if name.endswith(".gz") else rows)
    form = "jsonl" if "jsonl" in name else "csv"

    assert complaint(run("backfill", "file", name)).startswith(
        f"{name}: holds binary data, not the lines of a {form} file"
    )


def test_a_table_with_a_stray_control_character_or_in_utf_16_is_imported(run: Run, folder: Path) -> None:
    (folder / "stray.csv").write_text(ROWS.replace("Village", "Vill\x00age"), "utf-8")
    (folder / "wide.csv").write_text(ROWS.replace("example/", "example/wide/"), "utf-16")

    for name in ("stray.csv", "wide.csv"):
        assert answer(run("backfill", "file", name, "--json"))["new"] == 4, name


def test_an_own_event_known_to_its_month_is_listed_so_and_not_estimable(run: Run, folder: Path) -> None:
    own = "events: [{id: OWN1, date: 2026-03, name: Our campaign}]\n"
    (folder / "feeds.yaml").write_text(own + FEEDS, "utf-8")
    run("backfill", "file", "rows.csv")
    run("label")
    study = answer(run("event", "OWN1", "--json"))

    assert "2026-03 " in next(line for line in run("events").stdout.splitlines() if "OWN1" in line)
    assert study["status"] == "not_estimable"
    assert study["reason"] == "the day of OWN1 is not known, only its month"


def test_a_simulated_value_out_of_range_is_refused_with_its_range(run: Run) -> None:
    assert (
        complaint(run("simulate", "s.db", "--base-share", "2")) == "--base-share: 2.0 is not between 0 and 1"
    )
    assert complaint(run("simulate", "s.db", "--effect", "0")) == "--effect: 0.0 is not above 0"


def test_a_report_is_written_into_a_folder_of_its_week(run: Run, folder: Path) -> None:
    run("backfill", "file", "rows.csv")
    run("label")
    written = answer(run("report", "--week", "2026-W45", "--json"))

    assert written["week"] == "2026-W45"
    assert (folder / "reports" / "2026-W45" / "2026-W45.html").exists()
    assert {Path(name).suffix for name in written["files"]} >= {".html", ".txt", ".csv", ".eml"}


def test_what_is_forgotten_does_not_come_back(run: Run) -> None:
    run("backfill", "file", "rows.csv")
    erased = answer(run("forget", "--url", "https://gazette.example/1", "--json"))
    again = answer(run("backfill", "file", "rows.csv", "--json"))

    assert erased["erased"] == 1
    assert (again["new"], again["rejected"], again["reasons"]) == (0, 1, {"forgotten": 1})


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_an_export_carries_no_text_unless_asked(run: Run, folder: Path, form: str) -> None:
    run("backfill", "file", "rows.csv")
    plain, full = folder / f"plain.{form}", folder / f"full.{form}"
    assert answer(run("export", "items", "--format", form, "--out", str(plain), "--json"))["rows"] == 4
    answer(run("export", "items", "--format", form, "--out", str(full), "--with-text", "--json"))

    assert b"bakery" not in plain.read_bytes()
    assert b"bakery" in full.read_bytes()


def test_labels_and_shares_are_exported_by_the_active_model(run: Run) -> None:
    run("backfill", "file", "rows.csv")
    run("label")
    labels = run("export", "labels").stdout.splitlines()
    shares = run("export", "shares", "--format", "jsonl").stdout.splitlines()

    assert len(labels) == 5
    assert json.loads(shares[0])["model"] == answer(run("label", "--json"))["model"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("trend", "--frame", "clumsy"), "no frame 'clumsy' in codebook"),
        (("trend", "--from", "2026-W54"), "'2026-W54' is not an ISO week"),
        (("trend", "--from", "2026-W46", "--to", "2026-W45"), "lies after"),
        (("trend", "--model", "oracle"), "no model 'oracle'; there are: linear"),
        (("label", "--model", "oracle"), "no model 'oracle'; there are: linear"),
        (("models", "use", "oracle"), "no model 'oracle'; there are: linear"),
        (("forget", "--item", "99"), "99"),
        (("collect", "--source", "nowhere"), "no source 'nowhere' in feeds.yaml"),
        (("backfill", "file", "rows.csv", "--map", "title=headline"), "headline"),
        (("backfill", "file", "rows.csv", "--map", "title"), "not of the form"),
        (("backfill", "file", "rows.csv", "--timezone", "Mars/Base"), "not a time zone"),
        (("backfill", "file", "absent.csv"), "absent.csv"),
        (("evaluate", "absent.jsonl"), "absent.jsonl"),
        (("events", "E15", "E99"), "no event 'E99'; see: monitor events"),
        (("report", "--week", "soon"), "neither a week"),
        (("report", "--week", "1999-W01"), "has labelled nothing up to 1999-W01"),
        (("export", "items", "--out", "nowhere/x.csv"), "nowhere/x.csv"),
    ],
)  # fmt: skip
def test_what_does_not_exist_is_told_in_one_line_with_status_1(
    run: Run, words: tuple[str, ...], said: str
) -> None:
    run("backfill", "file", "rows.csv")
    run("label")

    assert said in complaint(run(*words))


@pytest.mark.parametrize("words", [("label",), ("trend",), ("status",), ("forget", "--item", "1")])
def test_a_missing_database_is_told_with_the_remedy(run: Run, words: tuple[str, ...]) -> None:
    assert (
        complaint(run(*words)) == "monitor.db: no such database; check --db, or make it with: monitor collect"
    )


def test_wrong_usage_ends_with_status_2(run: Run) -> None:
    for words in (
        ("forget",),
        ("trend", "--by", "colour"),
        ("sing",),
        ("export", "items", "--format", "parquet"),
    ):
        assert run(*words).exit_code == 2, words


def test_a_broken_feeds_file_lists_every_problem_and_nothing_is_polled(run: Run, folder: Path) -> None:
    (folder / "feeds.yaml").write_text("colour: red\nsources:\n  - {id: x}\n", "utf-8")
    result = run("collect")

    assert result.exit_code == 1
    assert [line.split(": ")[1] for line in result.stderr.splitlines()] == ["feeds.yaml:1"] + [
        "feeds.yaml:3"
    ] * 4
    assert not (folder / "monitor.db").exists()


def test_doctor_names_each_problem_and_ends_with_status_1(run: Run, folder: Path) -> None:
    (folder / "feeds.yaml").write_text("sources: []\n", "utf-8")
    result = run("doctor", "--json")

    assert result.exit_code == 1
    problems = json.loads(result.stdout)["problems"]
    assert len(problems) > 2
    assert result.stderr == (
        f"monitor: {len(problems)} problems; each stands on standard output, with its remedy\n"
    )
    assert any(problem.startswith("contact:") for problem in problems)
    assert any(problem.startswith("sources:") for problem in problems)
    assert any("no such database yet" in problem for problem in problems)
