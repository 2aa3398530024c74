from pathlib import Path

import pytest

from monitor.config.load import parse_config
from monitor.config.mail import mail_settings, with_contact
from monitor.errors import ConfigError
from tests.certificate import Certificate

NEEDED = {"MONITOR_SMTP_HOST": "smtp.ngo.example", "MONITOR_MAIL_FROM": "Monitor <monitor@ngo.example>"}


def problems(**env: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        mail_settings(NEEDED | env)
    return str(caught.value).splitlines()


def test_host_and_sender_are_enough_and_mean_starttls() -> None:
    settings = mail_settings(NEEDED)
    assert (settings.security, settings.port) == ("starttls", 587)
    assert (settings.user, settings.password, settings.ca_file) == (None, None, None)


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({"MONITOR_SMTP_PORT": "465"}, ("tls", 465)),
        ({"MONITOR_SMTP_SECURITY": "tls"}, ("tls", 465)),
        ({"MONITOR_SMTP_PORT": "2525"}, ("starttls", 2525)),
        ({"MONITOR_SMTP_PORT": "25"}, ("starttls", 25)),
        ({"MONITOR_SMTP_SECURITY": "none"}, ("none", 25)),
        ({"MONITOR_SMTP_SECURITY": "", "MONITOR_SMTP_PORT": ""}, ("starttls", 587)),
    ],
)
def test_port_and_security_follow_from_each_other(env: dict[str, str], expected: tuple[str, int]) -> None:
    settings = mail_settings(NEEDED | env)
    assert (settings.security, settings.port) == expected


def test_the_password_may_stand_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("correct horse\n")
    user = {"MONITOR_SMTP_USER": "monitor"}
    assert mail_settings(NEEDED | user | {"MONITOR_SMTP_PASSWORD_FILE": str(secret)}).password == (
        mail_settings(NEEDED | user | {"MONITOR_SMTP_PASSWORD": "correct horse"}).password
    )


def test_every_problem_is_told_at_once_by_its_variable(tmp_path: Path) -> None:
    found = problems(
        MONITOR_SMTP_HOST="https://smtp.ngo.example/",
        MONITOR_SMTP_PORT="70000",
        MONITOR_SMTP_SECURITY="ssl",
        MONITOR_SMTP_USER="monitor",
        MONITOR_SMTP_CA_FILE=str(tmp_path / "none.pem"),
        MONITOR_MAIL_FROM="nobody",
    )
    assert {line.partition(":")[0] for line in found} == {
        "MONITOR_SMTP_HOST",
        "MONITOR_SMTP_PORT",
        "MONITOR_SMTP_SECURITY",
        "MONITOR_SMTP_USER and MONITOR_SMTP_PASSWORD",
        "MONITOR_SMTP_CA_FILE",
        "MONITOR_MAIL_FROM",
    }


def test_what_is_missing_is_named() -> None:
    with pytest.raises(ConfigError) as caught:
        mail_settings({})
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == [
        "MONITOR_SMTP_HOST",
        "MONITOR_MAIL_FROM",
    ]


def test_a_password_never_goes_in_the_clear() -> None:
    (line,) = problems(
        MONITOR_SMTP_SECURITY="none", MONITOR_SMTP_USER="monitor", MONITOR_SMTP_PASSWORD="correct horse"
    )
    assert line == "MONITOR_SMTP_SECURITY: none would send the password in the clear; use starttls or tls"


def test_a_password_is_never_quoted(tmp_path: Path) -> None:
    (line,) = problems(MONITOR_SMTP_USER="monitor", MONITOR_SMTP_PASSWORD="pässword")
    assert "ssword" not in line.replace("MONITOR_SMTP_PASSWORD", "")

    (tmp_path / "secret").write_text("other")
    secret = str(tmp_path / "secret")
    env = {"MONITOR_SMTP_USER": "monitor", "MONITOR_SMTP_PASSWORD": "one"}
    (line,) = problems(**env, MONITOR_SMTP_PASSWORD_FILE=secret)
    assert line.endswith("both are set; unset one")


@pytest.mark.parametrize("content", [None, b"", b"\nsecond line", b"\xff\xfe"])
def test_a_secret_file_without_a_secret_is_the_one_problem(tmp_path: Path, content: bytes | None) -> None:
    secret = tmp_path / "secret"
    if content is not None:
        secret.write_bytes(content)
    (line,) = problems(MONITOR_SMTP_USER="monitor", MONITOR_SMTP_PASSWORD_FILE=str(secret))
    assert line.startswith(f"MONITOR_SMTP_PASSWORD_FILE: {secret}: ")


def test_a_file_without_certificates_is_refused(certificate: Certificate) -> None:
    assert mail_settings(NEEDED | {"MONITOR_SMTP_CA_FILE": str(certificate.file)}).ca_file is not None
    (line,) = problems(MONITOR_SMTP_CA_FILE=str(certificate.key))
    assert line == f"MONITOR_SMTP_CA_FILE: {certificate.key}: holds no certificate in PEM"


LISTS = "sources: []\nlists: {team: {recipients: [ann@council.example]}}\n"


def contact(feeds: str, **env: str) -> str | None:
    return with_contact(parse_config(feeds, "feeds.yaml"), env).contact


def test_lists_are_left_by_the_sender_where_feeds_yaml_names_no_contact() -> None:
    sender = "Monitor <monitor@ngo.example>"
    assert contact(LISTS, MONITOR_MAIL_FROM=sender) == "monitor@ngo.example"
    assert contact(f"contact: me@ngo.example\n{LISTS}", MONITOR_MAIL_FROM=sender) == "me@ngo.example"
    with pytest.raises(ConfigError, match=r"^MONITOR_MAIL_FROM: 'nobody' is not an address"):
        contact(LISTS, MONITOR_MAIL_FROM="nobody")


def test_lists_that_nobody_could_leave_are_refused() -> None:
    web = "web: https://monitor.example.org\n"
    for feeds, env in ((LISTS, {"MONITOR_SECRET": "s" * 32}), (web + LISTS, {})):
        with pytest.raises(ConfigError, match=r"^contact: is missing in feeds\.yaml.*MONITOR_MAIL_FROM$"):
            contact(feeds, **env)
    assert contact(web + LISTS, MONITOR_SECRET="s" * 32) is None
    assert contact("sources: []\n") is None
