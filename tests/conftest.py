"""What every test starts from."""

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def fresh_logs() -> Iterator[None]:
    """Undo what a command set up: its logs go to the standard error of another test."""
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()
