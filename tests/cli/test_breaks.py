"""``breaks``, ``outbreaks``, ``visibility``, ``indicators`` and ``simulate`` from the command line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from monitor.cli import main
from tests.cli.conftest import Run, answer, complaint

STEPPED = "sqlite:///stepped.db"


@pytest.fixture(scope="module")
def stepped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in which one frame moves for good in 2003-W05, and coverage with it."""
    path = tmp_path_factory.mktemp("stepped") / "stepped.db"
    words = ["simulate", str(path), "--weeks", "84", "--effect", "6", "--volume", "5", "--half-life", "300"]
    result = CliRunner().invoke(main, [*words, "--items-per-week", "15", "--others-per-week", "8"])
    assert result.exit_code == 0, result.output
    assert "odds ratio 6 from 2003-01-28" in result.stdout
    return path


@pytest.fixture
def asked(run: Run, stepped: Path) -> Callable[..., Any]:
    """Runs a command on that database, in JSON."""
    return lambda *words: answer(run(*words, "--db", f"sqlite:///{stepped}", "--json"))


def test_breaks_tells_the_week_both_shares_and_the_event_after_which_it_comes(
    asked: Callable[..., Any],
) -> None:
    found = asked("breaks")
    assert found["status"] == "ok"
    (one,) = found["breaks"]
    assert (one["status"], one["frame"], one["week"]) == ("candidate", "incompetent", "2003-W05")
    for side in ("before", "after"):
        assert {"n", "share", "low", "high", "corrected", "weeks"} <= one[side].keys()
    assert [(event["id"], event["weeks_after"]) for event in one["events"]] == [("E13", 0)]
    assert len(found["frames"]) == 12
    assert {"autocorrelation", "inflation", "missing_weeks", "n"} <= found["frames"][0].keys()


def test_breaks_in_words_says_candidate_and_never_because(run: Run, stepped: Path) -> None:
    said = run("breaks", "--db", f"sqlite:///{stepped}", "--frame", "incompetent").stdout
    assert "candidate 2003-W05" in said
    assert "in the week of E13" in said
    assert "because" not in said


def test_what_is_not_found_and_what_cannot_be_estimated_is_said_in_words(run: Run, stepped: Path) -> None:
    words = ("--db", f"sqlite:///{stepped}")
    assert "no candidate in 84 weeks" in run("breaks", "--frame", "positive", *words).stdout
    assert (
        "not estimable: only 20 weeks"
        in run("breaks", "--from", "2002-W01", "--to", "2002-W20", *words).stdout
    )
    assert "not estimable: nothing of the week" in run("outbreaks", "--week", "2030-W01", *words).stdout
    assert "no item is stored" in run("visibility", "--from", "2030-W01", *words).stdout


def test_visibility_by_outlet_type_names_the_groups(run: Run, stepped: Path) -> None:
    said = run("visibility", "--by", "outlet_type", "--db", f"sqlite:///{stepped}").stdout
    assert "all weeks tabloid        social work to nurses" in said


def test_a_short_span_is_not_estimable_with_its_reason(asked: Callable[..., Any]) -> None:
    found = asked("breaks", "--from", "2002-W01", "--to", "2002-W20")
    assert (found["status"], found["breaks"]) == ("not_estimable", [])
    assert found["reason"] == "only 20 weeks have a relevant item; 52 are needed"


def test_a_span_beside_the_data_is_not_estimable(asked: Callable[..., Any]) -> None:
    assert asked("breaks", "--from", "2030-W01")["status"] == "not_estimable"
    assert asked("outbreaks", "--week", "2030-W01")["status"] == "not_estimable"
    assert asked("visibility", "--from", "2030-W01")["status"] == "not_estimable"


def test_outbreaks_names_three_stories_behind_the_week(
    asked: Callable[..., Any], run: Run, stepped: Path
) -> None:
    rows = {str(row["about"]): row for row in asked("outbreaks", "--week", "2003-W05")["rows"]}
    assert [str(row["verdict"]) for row in rows.values()] == ["outbreak", "outbreak", "usual", "usual"]
    assert [len(row["stories"]) for row in rows.values()] == [3, 3, 0, 0]
    said = run("outbreaks", "--week", "2003-W05", "--db", f"sqlite:///{stepped}").stdout
    assert "volume         outbreak:" in said
    assert said.count("invented case") == 6


def test_visibility_gives_counts_ratios_and_intervals(
    asked: Callable[..., Any], run: Run, stepped: Path
) -> None:
    found = asked("visibility", "--from", "2003-W05", "--to", "2003-W06")
    assert [(row["week"], row["profession"]) for row in found["rows"][:4]] == [
        ("2003-W05", name) for name in ("social_work", "teachers", "nurses", "police")
    ]
    assert [row["profession"] for row in found["pooled"]] == ["teachers", "nurses", "police"]
    for row in found["pooled"]:
        assert row["low"] < row["ratio"] < row["high"]
        assert "n" in row
    assert "social work to police" in run("visibility", "--db", f"sqlite:///{stepped}").stdout


def test_indicators_are_listed_with_their_sources(run: Run) -> None:
    found = answer(run("indicators", "cfsw_vacancy_rate", "--json"))
    assert [len(one["points"]) for one in found["indicators"]] == [1, 2, 2]
    assert found["indicators"][0]["points"][0]["source"]
    assert found["beside"] == []
    assert "voluntary return, 2012" in run("indicators", "cfsw_vacancy_rate").stdout
    assert complaint(run("indicators", "nonsense")) == "no indicator 'nonsense'; see: monitor indicators"


def test_a_correlation_never_comes_without_its_caveat_and_n(
    asked: Callable[..., Any], run: Run, stepped: Path
) -> None:
    (one,) = asked("indicators", "--beside", "incompetent")["beside"]
    assert one["series"] == "care_applications_monthly"
    assert "no evidence" in str(one["caveat"])
    assert one["status"] == "not_estimable"  # the months overlap too little
    said = run("indicators", "--beside", "incompetent", "--db", f"sqlite:///{stepped}").stdout
    assert "no evidence" in said
    assert "20 are needed" in said
    flawed = run("indicators", "cfsw_caseload", "--beside", "incompetent", "--db", f"sqlite:///{stepped}")
    assert "no monthly series" in complaint(flawed)


def test_a_monthly_series_of_the_same_years_is_correlated(run: Run, folder: Path) -> None:
    made = run(
        "simulate", "early.db", "--at", "2013-09-17", "--weeks", "130", "--items-per-week", "5",
        "--others-per-week", "0", "--json",
    )  # fmt: skip
    assert answer(made)["missing_weeks"] == []
    words = ("indicators", "--beside", "incompetent", "--db", "sqlite:///early.db")
    (one,) = answer(run(*words, "--json"))["beside"]
    assert one["status"] == "ok"
    assert [lag["lag_months"] for lag in one["lags"]] == list(range(-6, 7))
    assert all(lag["low"] <= lag["r"] <= lag["high"] and lag["n"] >= 20 for lag in one["lags"])
    assert " months" in run(*words).stdout


def test_simulate_tells_what_it_planted_and_refuses_to_plant_twice(run: Run, folder: Path) -> None:
    words = ("simulate", "new.db", "--weeks", "12", "--items-per-week", "5", "--codes", "20", "--effect", "3")
    truth = answer(run(*words, "--json"))
    assert (truth["odds_ratio"], truth["event_week"], truth["codes"]) == (3.0, "2003-W05", 20)
    assert len(truth["weeks"]) == 12
    assert {"week", "share", "n", "hits", "labelled_hits"} == truth["weeks"][0].keys()
    assert "holds something already" in complaint(run(*words))


def test_simulate_names_an_option_that_cannot_be_and_an_unknown_frame(run: Run, folder: Path) -> None:
    assert complaint(run("simulate", "a.db", "--specificity", "7")).startswith("--specificity: 7.0")
    assert "no frame 'lazy'" in complaint(run("simulate", "b.db", "--frame", "lazy"))


def test_an_unknown_frame_is_refused_before_any_search(run: Run, stepped: Path) -> None:
    assert "no frame 'lazy'" in complaint(run("breaks", "--frame", "lazy", "--db", f"sqlite:///{stepped}"))
