from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from monitor.config.indicators import shipped_indicators
from monitor.report.anatomy import alts, lay_out, plot_of
from monitor.report.charts import make_charts
from monitor.report.data import Report, ReportData, Restated
from monitor.report.mail import inline_style, write_mail
from monitor.report.render import mail_document
from tests.report.conftest import IDS, a_source, report_data
from tests.report.test_studies import EFFECT, a_study


def parsed(mail: bytes) -> EmailMessage:
    message = message_from_bytes(mail, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_the_mail_parses_back_with_the_plain_text_and_an_html_part(full_report: Report) -> None:
    message = parsed(full_report.files["2026-W46.eml"])
    assert message.defects == []
    assert message.get_content_type() == "multipart/alternative"
    text = part(message, "plain").replace("\r\n", "\n")
    assert text.strip() == full_report.files["2026-W46.txt"].decode().strip()
    assert "Failure framing was in" in part(message, "html")


def test_the_mail_has_the_headers_that_a_server_asks_for(full_report: Report) -> None:
    message = parsed(full_report.files["2026-W46.eml"])
    assert message["From"] == "monitor@example.invalid"
    assert message["To"] == "desk@example.invalid"
    assert message["Date"] == "Mon, 16 Nov 2026 06:30:00 +0000"
    assert message["Message-ID"].startswith("<2026-W46.")
    assert message["Message-ID"].endswith("@example.invalid>")
    assert message["Subject"].startswith("Failure framing ")
    assert message["Subject"].endswith(", up · Social work in the news, 2026-W46")
    assert message["Auto-Submitted"] == "auto-generated"


def test_every_picture_of_the_mail_travels_with_it(full_report: Report) -> None:
    message = parsed(full_report.files["2026-W46.eml"])
    html = part(message, "html")
    pictures = [p for p in message.walk() if p.get_content_type() == "image/png"]
    assert {p["Content-ID"] for p in pictures} == {"<shares>", "<volume>", "<outlets>"}
    assert html.count("cid:") == len(pictures) == html.count("<img")
    assert all(p.get_content_disposition() == "inline" for p in pictures)


def test_the_style_stands_on_the_elements_and_media_queries_stay(full_report: Report) -> None:
    html = part(parsed(full_report.files["2026-W46.eml"]), "html")
    assert '<h1 style="' in html
    assert "@media (max-width:480px)" in html
    assert "@media (prefers-color-scheme:dark)" in html
    assert '<td class="big" width="36%" style="' in html
    assert inline_style("<style>p{color:red}</style><p>a</p>").count("color:") == 2


def test_no_line_of_the_mail_is_longer_than_smtp_allows(full_report: Report) -> None:
    assert max(len(line) for line in full_report.files["2026-W46.eml"].split(b"\r\n")) <= 998


def test_a_mail_stays_small_enough_not_to_be_clipped(full_report: Report) -> None:
    message = parsed(full_report.files["2026-W46.eml"])
    assert len(part(message, "html").encode()) < 102_000
    pictures = [p.get_content() for p in message.walk() if p.get_content_type() == "image/png"]
    assert max(map(len, pictures)) < 100_000


def test_the_fullest_mail_stays_small_enough_too() -> None:
    effects = [replace(EFFECT, frame=frame, window=w) for w in ("0-3", "4-25") for frame in IDS]
    data = replace(
        report_data(
            sources=[a_source(f"a-source-with-a-long-name-{number}", good=0) for number in range(15)]
        ),
        studies=[replace(a_study(), effects=effects) for _ in range(3)],
        outlets=[
            replace(point, group=f"{point.group} and {place} Evening Chronicle")
            for point in report_data().outlets
            for place in ("North", "South", "East")
        ],
        indicators=shipped_indicators(),
        restated=[
            Restated(f"2026-W{week}", frame, 20, 60, 22, 63) for week in range(42, 46) for frame in IDS
        ],
    )
    html = mail_document(lay_out(data), make_charts(plot_of(data), alts(data)).still)
    assert len(inline_style(html).encode()) < 102_000


def test_a_table_of_the_mail_has_columns_and_is_labelled_cell_by_cell_only_for_phones(
    full_report: Report,
) -> None:
    html = part(parsed(full_report.files["2026-W46.eml"]), "html")
    frames = html.split("Share of items about social work that carry each frame")[1].split("</table>")[0]
    assert frames.count('<th scope="col"') == 7
    assert frames.count("<td") == 6 * len(IDS) == frames.count('<span class="of" style="display: none;')
    assert "Verdict: </span>" in frames


def test_the_mail_has_the_outlets_by_core_frames_and_leaves_the_others_to_the_page(
    full_report: Report,
) -> None:
    html = part(parsed(full_report.files["2026-W46.eml"]), "html")
    assert "Failure, Over-reach, Positive by outlet" in html
    assert "Blame, Misconduct, Secrecy by outlet" not in html
    assert "Blame, Misconduct, Secrecy by outlet" in full_report.files["2026-W46.html"].decode()


def test_another_report_has_another_message_id(full_data: ReportData) -> None:
    anatomy = lay_out(full_data)
    first, second = (parsed(write_mail(full_data, anatomy, text, "<p>x</p>", {})) for text in ("a", "b"))
    assert first["Message-ID"] != second["Message-ID"]


def test_a_sample_says_so_in_its_subject() -> None:
    data = report_data(sample=True)
    message = parsed(write_mail(data, lay_out(data), "text", "<p>x</p>", {}))
    assert message["Subject"].startswith("[Sample] ")


def test_a_mail_without_recipients_leaves_them_to_whoever_sends_it() -> None:
    data = replace(report_data(), recipients=())
    assert parsed(write_mail(data, lay_out(data), "text", "<p>x</p>", {}))["To"] is None
