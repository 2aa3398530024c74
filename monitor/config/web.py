"""The secrets of the pages and of links in mails, from the environment or from the file of a ``_FILE``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from monitor.config.load import Config
from monitor.deliver.unsubscribe import Links
from monitor.errors import ConfigError

SECRET, PASSWORD = "MONITOR_SECRET", "MONITOR_WEB_PASSWORD"
SHORTEST_SECRET = 32
SHORTEST_PASSWORD = 12


@dataclass(frozen=True, slots=True)
class WebSecrets:
    """What signs links and cookies, and what opens the pages; None where it is not set."""

    secret: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


def web_secrets(env: Mapping[str, str]) -> WebSecrets:
    """Read and check ``MONITOR_SECRET`` and ``MONITOR_WEB_PASSWORD``; see docs/web.md.

    Raises:
        ConfigError: all problems, one a line, each naming its variable; the values are never shown.
    """
    problems: list[str] = []
    secret = _secret(env, SECRET, SHORTEST_SECRET, problems)
    password = _secret(env, PASSWORD, SHORTEST_PASSWORD, problems)
    if problems:
        raise ConfigError("\n".join(problems))
    return WebSecrets(secret, password)


def leave_links(config: Config, env: Mapping[str, str]) -> Links | None:
    """Return what makes the links by which recipients leave a list; None without ``web:`` or a secret.

    Raises:
        ConfigError: as `web_secrets`.
    """
    secret = web_secrets(env).secret
    return Links(secret, config.web) if config.web and secret else None


def _secret(env: Mapping[str, str], name: str, shortest: int, problems: list[str]) -> str | None:
    given, file = env.get(name) or None, env.get(f"{name}_FILE") or None
    if given and file:
        problems.append(f"{name} and {name}_FILE: both are set; unset one")
    elif file:
        given = _first_line(name, Path(file), problems)
    if given is not None and len(given) < shortest:
        problems.append(f"{name}: is too short to be safe; give at least {shortest} characters")
    return given


def _first_line(name: str, file: Path, problems: list[str]) -> str | None:
    """Return the file's first line, or None with a problem noted."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{name}_FILE: {file}: {getattr(error, 'strerror', None) or 'is not UTF-8'}")
        return None
    if not lines or not lines[0]:
        problems.append(f"{name}_FILE: {file}: its first line is empty; write it there")
        return None
    return lines[0]
