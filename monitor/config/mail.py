"""The mail server, from the environment; secrets from a variable, or from the file that ``_FILE`` names."""

import ssl
from collections.abc import Mapping
from dataclasses import replace
from email.utils import parseaddr
from pathlib import Path

from monitor.config.file import check_address
from monitor.config.load import Config
from monitor.config.web import leave_links
from monitor.deliver.smtp import Security, SmtpSettings
from monitor.errors import ConfigError

PORTS: Mapping[Security, int] = {"starttls": 587, "tls": 465, "none": 25}


def mail_settings(env: Mapping[str, str]) -> SmtpSettings:
    """Read and check the ``MONITOR_SMTP_*`` variables and ``MONITOR_MAIL_FROM``; see docs/delivery.md.

    Raises:
        ConfigError: all problems, one a line, each naming its variable.
    """
    problems: list[str] = []
    security, port = _security_and_port(env, problems)
    user = env.get("MONITOR_SMTP_USER") or None
    password = _password(env, problems)
    if (user is None) != (password is None):
        problems.append("MONITOR_SMTP_USER and MONITOR_SMTP_PASSWORD: go together; set both or neither")
    if user is not None and not user.isascii():
        problems.append("MONITOR_SMTP_USER: holds characters outside ASCII, which cannot be sent")
    if security == "none" and user is not None:
        problems.append(
            "MONITOR_SMTP_SECURITY: none would send the password in the clear; use starttls or tls"
        )
    settings = SmtpSettings(
        host=_host(env, problems),
        port=port,
        sender=_sender(env, problems),
        security=security,
        user=user,
        password=password,
        ca_file=_ca_file(env, problems),
    )
    if problems:
        raise ConfigError("\n".join(problems))
    return settings


def with_contact(config: Config, env: Mapping[str, str]) -> Config:
    """Return the configuration with an address at which recipients can leave the lists.

    Where feeds.yaml has no ``contact:``, it is that of ``MONITOR_MAIL_FROM``. None is needed where there are
    no lists, or where `monitor.config.web.leave_links` gives each mail a link of its own.

    Raises:
        ConfigError: there is no way to leave.
    """
    if config.contact is not None or not config.lists:
        return config
    if env.get("MONITOR_MAIL_FROM"):
        problems: list[str] = []
        sender = _sender(env, problems)
        if problems:
            raise ConfigError("\n".join(problems))
        return replace(config, contact=parseaddr(sender)[1])
    if leave_links(config, env) is None:
        raise ConfigError(
            "contact: is missing in feeds.yaml, and nobody could leave its lists:; give an e-mail address "
            "there, or set MONITOR_MAIL_FROM"
        )
    return config


def _host(env: Mapping[str, str], problems: list[str]) -> str:
    host = env.get("MONITOR_SMTP_HOST", "")
    if not host:
        problems.append("MONITOR_SMTP_HOST: is missing; name the mail server, as in smtp.example.org")
    elif "/" in host or "@" in host or len(host.split()) != 1 or not host.isascii():
        problems.append(f"MONITOR_SMTP_HOST: {host!r} is not the name of a host, as in smtp.example.org")
    return host


def _security_and_port(env: Mapping[str, str], problems: list[str]) -> tuple[Security, int]:
    """Return both; each follows from the other where only one is given."""
    given = env.get("MONITOR_SMTP_PORT") or None
    if given is not None and not (given.isascii() and given.isdecimal() and 0 < int(given) < 65536):
        problems.append(f"MONITOR_SMTP_PORT: {given!r} is not a port; give a number such as 587")
        given = None
    security = env.get("MONITOR_SMTP_SECURITY") or ("tls" if given == str(PORTS["tls"]) else "starttls")
    for known in PORTS:
        if security == known:
            return known, int(given) if given else PORTS[known]
    problems.append(f"MONITOR_SMTP_SECURITY: {security!r} is not one of {', '.join(PORTS)}")
    return "starttls", PORTS["starttls"]


def _password(env: Mapping[str, str], problems: list[str]) -> str | None:
    password, file = env.get("MONITOR_SMTP_PASSWORD") or None, env.get("MONITOR_SMTP_PASSWORD_FILE") or None
    if password and file:
        problems.append("MONITOR_SMTP_PASSWORD and MONITOR_SMTP_PASSWORD_FILE: both are set; unset one")
    elif file:
        password = _read_secret(Path(file), problems)
    if password and not password.isascii():
        problems.append(
            "MONITOR_SMTP_PASSWORD: holds characters outside ASCII, which cannot be sent; change it"
        )
    return password


def _read_secret(file: Path, problems: list[str]) -> str | None:
    """Return the file's first line, or "" with a problem noted."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        problems.append(
            f"MONITOR_SMTP_PASSWORD_FILE: {file}: {getattr(error, 'strerror', None) or 'is not UTF-8'}"
        )
        return ""
    if not lines or not lines[0]:
        problems.append(
            f"MONITOR_SMTP_PASSWORD_FILE: {file}: its first line is empty; write the password there"
        )
        return ""
    return lines[0]


def _sender(env: Mapping[str, str], problems: list[str]) -> str:
    sender = env.get("MONITOR_MAIL_FROM", "")
    if not sender:
        problems.append("MONITOR_MAIL_FROM: is missing; give the address that mails come from")
        return sender
    try:
        address = check_address(parseaddr(sender)[1])
    except ValueError:
        address = ""
    if not address.isascii() or not address or len(sender.splitlines()) != 1:
        problems.append(
            f"MONITOR_MAIL_FROM: {sender!r} is not an address; write it like Monitor <monitor@example.org>"
        )
    return sender


def _ca_file(env: Mapping[str, str], problems: list[str]) -> Path | None:
    given = env.get("MONITOR_SMTP_CA_FILE") or None
    if given is None:
        return None
    try:
        ssl.create_default_context().load_verify_locations(given)
    except ssl.SSLError:
        problems.append(f"MONITOR_SMTP_CA_FILE: {given}: holds no certificate in PEM")
    except OSError as error:
        problems.append(f"MONITOR_SMTP_CA_FILE: {given}: {error.strerror or error}")
    return Path(given)
