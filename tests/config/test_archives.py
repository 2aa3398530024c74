from pathlib import Path

import pytest

from monitor.config.archives import GUARDIAN_KEY, guardian_key
from monitor.errors import ConfigError


def test_the_key_comes_from_its_variable_or_from_the_first_line_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("k3y\nnot this\n", "utf-8")

    assert guardian_key({GUARDIAN_KEY: " k3y "}) == "k3y"
    assert guardian_key({f"{GUARDIAN_KEY}_FILE": str(file)}) == "k3y"


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({}, "is missing"),
        ({GUARDIAN_KEY: "s3cr3t", f"{GUARDIAN_KEY}_FILE": "key"}, "both are set"),
        ({f"{GUARDIAN_KEY}_FILE": "/nowhere/key"}, "No such file"),
        ({GUARDIAN_KEY: "s3 cr3t"}, "characters that no key has"),
        ({GUARDIAN_KEY: "s3cr3té"}, "characters that no key has"),
    ],
)
def test_what_is_wrong_with_a_key_is_told_without_the_key(env: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        guardian_key(env)
    assert "s3" not in str(caught.value)


def test_a_file_without_a_key_is_told(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff\xfe")
    (tmp_path / "empty").write_bytes(b"\n")

    for name, said in (("key", "is not UTF-8"), ("empty", "first line is empty")):
        with pytest.raises(ConfigError, match=said):
            guardian_key({f"{GUARDIAN_KEY}_FILE": str(tmp_path / name)})
