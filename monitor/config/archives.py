"""Keys of archives, from the environment; from a variable, or from the file that ``_FILE`` names."""

from collections.abc import Mapping
from pathlib import Path

from monitor.errors import ConfigError

GUARDIAN_KEY = "MONITOR_GUARDIAN_API_KEY"


def guardian_key(env: Mapping[str, str]) -> str:
    """Return the key of the Guardian's Open Platform.

    Raises:
        ConfigError: none is set, or both variables are, or the file cannot be read. The key is never shown.
    """
    key, file = env.get(GUARDIAN_KEY, "").strip(), env.get(f"{GUARDIAN_KEY}_FILE", "")
    if key and file:
        raise ConfigError(f"{GUARDIAN_KEY} and {GUARDIAN_KEY}_FILE: both are set; unset one")
    if file:
        key = _first_line(Path(file))
    if not key:
        raise ConfigError(
            f"{GUARDIAN_KEY}: is missing; get a key at https://open-platform.theguardian.com/access and set "
            f"it, or name its file in {GUARDIAN_KEY}_FILE"
        )
    if not key.isascii() or not key.isprintable() or len(key.split()) != 1:
        raise ConfigError(f"{GUARDIAN_KEY}: holds characters that no key has; copy it again")
    return key


def _first_line(file: Path) -> str:
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "is not UTF-8"
        raise ConfigError(f"{GUARDIAN_KEY}_FILE: {file}: {said}") from None
    if not lines or not lines[0].strip():
        raise ConfigError(f"{GUARDIAN_KEY}_FILE: {file}: its first line is empty; write the key there")
    return lines[0].strip()
