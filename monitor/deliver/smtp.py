"""Mails by SMTP (RFC 5321), over TLS unless the operator said otherwise, with AUTH where there is a user.

One connection serves many mails. It is closed only after the last one was recorded as sent: nothing but the
caller's commit comes after the server's 250.
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import parseaddr
from pathlib import Path
from typing import Literal

from monitor.deliver.base import OutgoingMail
from monitor.deliver.message import read_message
from monitor.errors import DeliveryError

Security = Literal["starttls", "tls", "none"]

COMMAND_SECONDS = 60.0
"""How long a connection, or the answer to a command, may take."""
DATA_SECONDS = 600.0
"""How long each step of handing over the content may take: the time that RFC 5321, 4.5.3.2.6, gives a server
to answer it. Who hangs up sooner gets mails sent twice."""
QUIT_SECONDS = 5.0
MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5")
"""By preference. Only one is tried: each failure may count towards a lock on the account."""


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """How to reach a mail server, and as whom; ``sender`` is an address, or a name with one."""

    host: str
    port: int
    sender: str
    security: Security = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    """Certificates to trust beside the system's."""


class SmtpDeliverer:
    """Sends mails through one server."""

    def __init__(
        self,
        settings: SmtpSettings,
        *,
        command_seconds: float = COMMAND_SECONDS,
        data_seconds: float = DATA_SECONDS,
    ) -> None:
        self._settings = settings
        self._name = f"{settings.host}:{settings.port}"
        self._command_seconds = command_seconds
        self._data_seconds = data_seconds
        self._smtp: smtplib.SMTP | None = None

    def open(self) -> None:
        """Connect and log in, or check that the connection still stands."""
        if self._smtp is not None and _is_alive(self._smtp, self._command_seconds):
            return
        self._drop()
        try:
            with self._translated():
                self._smtp = self._connect()
                self._secure(self._smtp)
                self._log_in(self._smtp)
        except BaseException:
            self._drop()  # half open, it would pass for a connection
            raise

    def send(self, mail: OutgoingMail) -> None:
        """Hand over one mail; see `Deliverer.send`."""
        if self._smtp is None:
            self.open()
        assert self._smtp is not None  # noqa: S101 - open raises where it cannot connect
        content = self._from_us(mail.content)
        with self._translated():
            self._hand_over(self._smtp, mail.recipient, content)

    def close(self) -> None:
        """Take leave of the server; a server that does not answer is left without."""
        if self._smtp is not None and self._smtp.sock is not None:
            self._smtp.sock.settimeout(QUIT_SECONDS)
            with suppress(smtplib.SMTPException, OSError):
                self._smtp.quit()
        self._drop()

    def _connect(self) -> smtplib.SMTP:
        host, port = self._settings.host, self._settings.port
        if self._settings.security == "tls":
            return smtplib.SMTP_SSL(host, port, timeout=self._command_seconds, context=self._tls())
        return smtplib.SMTP(host, port, timeout=self._command_seconds)

    def _secure(self, smtp: smtplib.SMTP) -> None:
        if self._settings.security == "starttls":
            smtp.ehlo()
            if not smtp.has_extn("starttls"):
                raise DeliveryError(
                    f"{self._name}: offers no STARTTLS; check MONITOR_SMTP_SECURITY and the port"
                )
            smtp.starttls(context=self._tls())
        smtp.ehlo_or_helo_if_needed()

    def _log_in(self, smtp: smtplib.SMTP) -> None:
        user, password = self._settings.user, self._settings.password
        if user is None or password is None:
            return
        offered = smtp.esmtp_features.get("auth", "").upper().split()
        usable = [mechanism for mechanism in MECHANISMS if mechanism in offered]
        if not usable:
            raise DeliveryError(
                f"{self._name}: offers no login that is known here ({', '.join(MECHANISMS)}) but "
                f"{' '.join(offered) or 'none'}; check the port, or unset MONITOR_SMTP_USER"
            )
        smtp.user, smtp.password = user, password
        smtp.auth(usable[0], getattr(smtp, f"auth_{usable[0].lower().replace('-', '_')}"))

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._settings.ca_file is not None:
            context.load_verify_locations(self._settings.ca_file)
        return context

    def _from_us(self, content: bytes) -> bytes:
        message = read_message(content)
        del message["From"]
        message["From"] = self._settings.sender
        return message.as_bytes()

    def _hand_over(self, smtp: smtplib.SMTP, recipient: str, content: bytes) -> None:
        assert smtp.sock is not None  # noqa: S101 - open has connected it
        sender = parseaddr(self._settings.sender)[1]
        self._refuse_too_large(smtp, len(content))
        self._expect(
            "the sender", *smtp.mail(sender, [f"SIZE={len(content)}"] if smtp.has_extn("size") else [])
        )
        self._expect("the recipient", *smtp.rcpt(recipient))
        smtp.sock.settimeout(self._data_seconds)
        self._expect("the message", *smtp.data(content))

    def _refuse_too_large(self, smtp: smtplib.SMTP, size: int) -> None:
        limit = smtp.esmtp_features.get("size", "").strip()
        if limit.isdecimal() and 0 < int(limit) < size:
            raise DeliveryError(
                f"{self._name}: takes {int(limit):,} bytes at most, and the mail has {size:,}; "
                "ask the server's operator for more",
                permanent=True,
            )

    def _expect(self, what: str, code: int, answer: bytes) -> None:
        if not 200 <= code < 300:
            raise self._refusal(what, code, answer)

    def _refusal(self, what: str, code: int, answer: bytes | str) -> DeliveryError:
        text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
        said = " ".join(text.split())[:300]
        return DeliveryError(f"{self._name}: refuses {what}: {code} {said}", permanent=500 <= code < 600)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn what goes wrong into a DeliveryError of one line; a connection that broke starts afresh."""
        try:
            yield
        except smtplib.SMTPAuthenticationError as error:
            refusal = self._refusal("the login", error.smtp_code, error.smtp_error)
            raise DeliveryError(f"{refusal}; check MONITOR_SMTP_USER and MONITOR_SMTP_PASSWORD") from error
        except smtplib.SMTPResponseException as error:
            raise self._refusal("to go on", error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise DeliveryError(f"{self._name}: {self._cause(error)}") from error

    def _cause(self, error: Exception) -> str:
        if isinstance(error, ssl.SSLCertVerificationError):
            return (
                f"its certificate does not verify ({error.verify_message}); "
                "name its authority's certificate in MONITOR_SMTP_CA_FILE, and its host in MONITOR_SMTP_HOST"
            )
        if isinstance(error, ssl.SSLError):
            return f"TLS fails ({error.reason or error}); check MONITOR_SMTP_SECURITY and MONITOR_SMTP_PORT"
        if isinstance(error, smtplib.SMTPServerDisconnected):
            return f"the connection was lost ({error}); see the server's log"
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return f"does not answer ({reason}); check MONITOR_SMTP_HOST and MONITOR_SMTP_PORT"

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None


def _is_alive(smtp: smtplib.SMTP, seconds: float) -> bool:
    """Tell whether a server that has served us still answers; the reset also ends what it refused."""
    if smtp.sock is None:
        return False
    smtp.sock.settimeout(seconds)
    try:
        return smtp.rset()[0] == 250
    except (smtplib.SMTPException, OSError):
        return False
