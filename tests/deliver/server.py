"""A real SMTP server on loopback, with STARTTLS or implicit TLS and AUTH, that answers as a test wants."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from monitor.deliver.smtp import Security, SmtpSettings
from tests.certificate import Certificate

USER, PASSWORD = "monitor", "correct horse"
SENDER = "Coverage monitor <monitor@ngo.example>"


@dataclass
class Received:
    """A mail that the server took: from whom, to whom, and what."""

    sender: str
    recipients: list[str]
    content: bytes
    user: str | None

    @property
    def message(self) -> EmailMessage:
        message = message_from_bytes(self.content, policy=default)
        assert isinstance(message, EmailMessage)
        return message


@dataclass
class MailServer:
    """What the server does, and what it has got. An answer stands for one try; the last one stays."""

    certificate: Certificate
    security: Security
    port: int = 0
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    logins: int = 0
    sender_answer: str = "250 OK"
    recipient_answers: dict[str, list[str]] = field(default_factory=dict)
    data_answers: list[str] = field(default_factory=lambda: ["250 OK"])
    drops: int = 0
    """So many mails are still cut off in the middle of their content."""
    hold: threading.Event = field(default_factory=threading.Event)
    """Clear to have the server keep a mail without answering, once its content has come."""
    holding: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.hold.set()

    @property
    def recipients(self) -> list[str]:
        return [recipient for one in self.received for recipient in one.recipients]

    def settings(
        self, *, host: str = "localhost", password: str | None = PASSWORD, ca_file: Path | None = None
    ) -> SmtpSettings:
        user = None if password is None or self.security == "none" else USER
        return SmtpSettings(
            host=host,
            port=self.port,
            sender=SENDER,
            security=self.security,
            user=user,
            password=password if user else None,
            ca_file=ca_file or self.certificate.file,
        )

    def environment(self) -> dict[str, str]:
        return {
            "MONITOR_SMTP_HOST": "localhost",
            "MONITOR_SMTP_PORT": str(self.port),
            "MONITOR_SMTP_SECURITY": self.security,
            "MONITOR_SMTP_USER": USER,
            "MONITOR_SMTP_PASSWORD": PASSWORD,
            "MONITOR_SMTP_CA_FILE": str(self.certificate.file),
            "MONITOR_MAIL_FROM": SENDER,
        }

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, login: object
    ) -> AuthResult:
        assert isinstance(login, LoginPassword)
        self.logins += 1
        good = (login.login, login.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=good, handled=False, auth_data=USER if good else None)

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.security != "none" and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.sender_answer

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = _next(self.recipient_answers.get(address, ["250 OK"]))
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if not self.hold.is_set():
            self.holding.set()
            await server.loop.run_in_executor(None, self.hold.wait, 30)
            return "451 4.3.0 Held for too long"
        answer = _next(self.data_answers)
        if answer.startswith("250"):
            content = envelope.original_content
            assert content is not None
            sender = envelope.mail_from or ""
            user = session.auth_data if session.authenticated else None
            self.received.append(Received(sender, list(envelope.rcpt_tos), content, user))
        return answer


def _next(answers: list[str]) -> str:
    return answers.pop(0) if len(answers) > 1 else answers[0]


class _Dropping(SMTP):
    """Hangs up in the middle of a content where its server is to."""

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        server: MailServer = self.event_handler
        if not server.drops:
            await super().smtp_DATA(arg)
            return
        server.drops -= 1
        await self.push("354 Go on")
        await self._reader.readuntil(b"\r\n\r\n")
        transport: Any = self.transport
        transport.abort()


class _Controller(Controller):
    """Takes any free port; counts connections beside the one with which it tries itself."""

    def __init__(self, handler: MailServer, **options: Any) -> None:
        self.made: list[SMTP] = []
        super().__init__(handler, hostname="127.0.0.1", port=0, **options)

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]

    def factory(self) -> SMTP:
        made = _Dropping(self.handler, **self.SMTP_kwargs)
        self.made.append(made)
        self.handler.connections = len(self.made) - 1
        return made

    def hang_up(self) -> None:
        """Close every connection, which `stop` leaves open."""
        asyncio.run_coroutine_threadsafe(self._abort_all(), self.loop).result()

    async def _abort_all(self) -> None:
        transports: list[Any] = [smtp.transport for smtp in self.made if smtp.transport is not None]
        for transport in transports:
            transport.abort()
        for _ in range(5):  # each layer of a connection is told of its end in a turn of its own
            await asyncio.sleep(0)


@contextmanager
def run_server(
    certificate: Certificate, security: Security = "starttls", *, size_limit: int = 33_554_432
) -> Iterator[MailServer]:
    """Run a server on a free port; ``none`` asks for no login."""
    server = MailServer(certificate, security)
    context = certificate.server_context()
    controller = _Controller(
        server,
        server_hostname="mail.ngo.example",
        ssl_context=context if security == "tls" else None,
        tls_context=context if security == "starttls" else None,
        require_starttls=security == "starttls",
        auth_require_tls=security != "tls",
        authenticator=server.authenticate,
        data_size_limit=size_limit,
    )
    controller.start()
    server.port = controller.port
    try:
        yield server
    finally:
        server.hold.set()
        controller.hang_up()
        controller.stop()
