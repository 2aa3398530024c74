"""Every error that the monitor expects; anything else is a bug and keeps its traceback.

MonitorError                exit status 1, one line: what is wrong, and the remedy
├── ConfigError             feeds.yaml or the environment; may hold several problems, one a line
├── UsageError              an id, week, frame, model or column that does not exist
├── InputError              a file that cannot be read or is not what it was said to be
├── SourceError             one source could not be collected; the others go on
│   ├── FetchError          no usable answer: network, status, size, deadline
│   └── ParseError          an answer that is not the feed, page or robots.txt that it should be
├── StoreError              the database: missing, locked, too new, damaged
├── ModelError              a model that is missing, altered, or answers out of its contract
└── DeliveryError           a mail that was not sent, or a mail server that cannot be used
"""


class MonitorError(Exception):
    """An expected failure; ``str(error)`` is shown to the user as it is."""


def first_line(error: Exception) -> str:
    """Return the first line of a foreign error's text, or its class where it has none, to be told in ours."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


class ConfigError(MonitorError):
    """The configuration has problems; each stands on a line of its own in the message."""


class UsageError(MonitorError):
    """What the user named does not exist."""


class InputError(MonitorError):
    """A file that the user named cannot be used."""


class SourceError(MonitorError):
    """One source could not be collected."""


class FetchError(SourceError):
    """No usable answer came.

    Attributes:
        status: the HTTP status, or None where no answer came at all.
        retry_after: seconds that the server asks us to wait, or None.
        unreachable: no server could be asked, which may be the fault of our own network.
        url: where the status came from, after redirects; empty where that is not known.
    """

    def __init__(
        self,
        message: str,
        status: int | None = None,
        retry_after: float | None = None,
        *,
        unreachable: bool = False,
        url: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after
        self.unreachable = unreachable
        self.url = url


class ParseError(SourceError):
    """The answer is not what it should be."""


class StoreError(MonitorError):
    """The database cannot be used."""


class ModelError(MonitorError):
    """A model cannot be used."""


class DeliveryError(MonitorError):
    """A mail was not sent.

    Attributes:
        permanent: the server refuses it for good (a 5xx answer), so that asking again is of no use.
    """

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent
