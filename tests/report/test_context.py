import re
from dataclasses import replace
from datetime import date

from monitor.findings import Indicator, IndicatorPoint, Outbreak
from monitor.report.anatomy import lay_out
from monitor.report.checks import coding_sentence
from monitor.report.context import SIDE_BY_SIDE, newest_points, outbreak_sentences
from monitor.report.data import Coding, Restated
from monitor.report.render import text_document
from tests.report.conftest import WEEK, report_data


def a_point(day: str, value: float, as_of: str) -> IndicatorPoint:
    return IndicatorPoint(day[:4], day, value, as_of, "DfE workforce", "https://gov.example/1")


VACANCIES = Indicator("vacancies", "", "workforce", "Vacancy rate", "%", "England", [
    a_point("2024-09-30", 18.9, "2025-02-27"), a_point("2025-09-30", 17.3, "2026-02-26"),
    a_point("2026-09-30", 16.0, "2027-02-25"),
])  # fmt: skip


def test_an_indicator_stands_side_by_side_with_its_period_the_day_it_is_as_of_and_its_source() -> None:
    text = " ".join(text_document(lay_out(replace(report_data(), indicators=[VACANCIES]))).split())
    assert SIDE_BY_SIDE in text
    row = text.split("Vacancy rate, England")[1]
    assert re.match(r"\s*17\.3 %\s+2025\s+26 Feb 2026\s+DfE workforce", row)


def test_a_figure_that_was_published_after_the_week_is_not_told() -> None:
    found = newest_points([VACANCIES], WEEK.plus(1).monday())
    assert [point.value for _, point in found] == [17.3]


def test_a_figure_without_the_day_of_its_publication_is_told_a_year_after_its_period() -> None:
    undated = Indicator("vacancies", "new count", "workforce", "Vacancy rate", "%", "England",
                        [a_point("2026-01-31", 15.0, "")])  # fmt: skip
    for pair in ([VACANCIES, undated], [undated, VACANCIES]):
        assert [point.value for _, point in newest_points(pair, WEEK.plus(1).monday())] == [17.3]
        assert [point.value for _, point in newest_points(pair, date(2027, 2, 8))] == [15.0]


def test_of_a_series_without_any_such_day_it_is_said_that_none_is_stated() -> None:
    alone = replace(VACANCIES, points=[a_point("2025-03-31", 14.0, ""), a_point("2025-09-30", 15.0, "")])
    text = " ".join(text_document(lay_out(replace(report_data(), indicators=[alone]))).split())
    assert re.search(r"Vacancy rate, England 15 % 2025 not stated DfE workforce", text)


def test_without_indicators_there_is_no_part_of_them() -> None:
    assert "indicators" not in [part.id for part in lay_out(report_data()).parts]


def test_an_outbreak_is_told_with_its_median_and_n() -> None:
    volume = Outbreak(WEEK, "volume", 91, 91.0, 52, 40.0, 6.2, "outbreak")
    share = Outbreak(WEEK, "incompetent", 91, 0.6, 52, 0.2, 5.1, "outbreak")
    usual = Outbreak(WEEK, "positive", 91, 0.1, 52, 0.1, 0.0, "usual")
    assert outbreak_sentences(replace(report_data(), outbreaks=[volume, share, usual])) == [
        "Outbreak of coverage: 91 items about social work, against a median of 40 in 52 weeks.",
        "Outbreak of failure framing: 60% of 91 items, against a median of 20% in 52 weeks (uncorrected).",
    ]


def test_a_figure_of_an_earlier_report_that_has_changed_is_told_as_a_correction() -> None:
    data = replace(report_data(), restated=[Restated("2026-W45", "incompetent", 15, 61, 16, 64)])
    text = " ".join(text_document(lay_out(data)).split())
    assert "Corrections to earlier reports." in text
    assert "2026-W45 Failure 25% of 61 25% of 64" in text
    assert "No figure of the last four reports has changed" not in text


def test_human_codes_are_told_with_their_number_and_agreement_only_where_there_are_enough() -> None:
    assert coding_sentence(None).startswith("Human codes: none yet")
    assert coding_sentence(Coding(12, 2, 1, 0.9)).endswith("too few to tell how far the model agrees.")
    assert coding_sentence(Coding(300, 20, 2, 0.93)) == (
        "Human codes: 300 items by 2 coders, 20 of them of this period; the model agrees in 93% of the core "
        "frames’ decisions."
    )
