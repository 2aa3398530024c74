"""What every request passes: the name it asks for, the password, its size; and the headers of every answer.

The name is checked since a page of another site may let its own name lead to 127.0.0.1 and then read what
answers there (DNS rebinding); a browser sends the name that it was given.
"""

import hmac
from base64 import b64decode
from binascii import Error as NotBase64
from hashlib import sha256

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.deliver.unsubscribe import PATH as UNSUBSCRIBE
from monitor.web.guesses import Guesses
from monitor.web.site import Site

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
LARGEST_BODY = 100_000
OPEN = (UNSUBSCRIBE, "/static/")
"""What needs no password: the page that a mail's link opens, and its style."""
POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
CHALLENGE = {"WWW-Authenticate": 'Basic realm="monitor", charset="UTF-8"'}


class Gate:
    """Stands before the pages."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._hosts = LOOPBACK | site.hosts
        self._password = None if site.password is None else _digest(site.password)
        self._guesses = Guesses(site.clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let it pass."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, _with_headers(send))
            return
        await self._app(scope, _bounded(receive), _with_headers(send))

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers, path = Headers(scope=scope), scope["path"]
        if host_name(headers.get("host", "")) not in self._hosts:
            return PlainTextResponse("This name is not one of ours; see --allow-host in docs/web.md.\n", 421)
        if not _is_small(headers.get("content-length", "0")):
            return PlainTextResponse("That is more than any form here holds.\n", 413)
        if scope["method"] == "POST" and not path.startswith(UNSUBSCRIBE) and _is_foreign(headers):
            return PlainTextResponse("This form was sent from another site.\n", 403)
        if self._password is None or path.startswith(OPEN):
            return None
        return self._locked(headers.get("authorization", ""), self._password, _client(scope))

    def _locked(self, authorization: str, password: bytes, client: str) -> PlainTextResponse | None:
        """Return why a request is not let in; one that gives no password is asked for it, and is no guess."""
        wait = self._guesses.wait(client)
        if authorization and wait:
            # The right one too: whoever guesses must not learn which it was.
            return PlainTextResponse(
                f"Too many wrong passwords came from your address; try again in {wait} seconds.\n",
                429,
                {"Retry-After": str(wait)},
            )
        if _opens(authorization, password):
            return None
        if authorization:
            self._guesses.note(client)
        return PlainTextResponse("The password is asked for.\n", 401, CHALLENGE)


def _opens(authorization: str, password: bytes) -> bool:
    """Tell whether a header of HTTP Basic holds the password of a digest, with whatever user name."""
    scheme, _, credentials = authorization.partition(" ")
    try:
        _, _, given = b64decode(credentials, validate=True).decode("utf-8").partition(":")
    except (NotBase64, UnicodeDecodeError):
        return False
    # Digests have one length, so that the time of comparing tells nothing of the password's.
    return scheme.lower() == "basic" and hmac.compare_digest(_digest(given), password)


def _client(scope: Scope) -> str:
    """Return the address that a request comes from; a proxy on this machine may tell it."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def host_name(host: str) -> str:
    """Return the name in a Host header, in lower case and without its port or the brackets of IPv6."""
    name = host.lower().rstrip(".")
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.rpartition(":")[0] if ":" in name else name


def _digest(password: str) -> bytes:
    return sha256(password.encode()).digest()


def _is_small(length: str) -> bool:
    return length.isascii() and length.isdecimal() and len(length) < 12 and int(length) <= LARGEST_BODY


def _is_foreign(headers: Headers) -> bool:
    """Tell whether a browser says that another site made this request."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site not in ("same-origin", "none")
    return origin is not None and origin.partition("://")[2].lower() != headers.get("host", "").lower()


def _bounded(receive: Receive) -> Receive:
    """Cut a body that has no length of its own where it grows too long; the form then misses its end."""
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > LARGEST_BODY:
            return {"type": "http.disconnect"}
        return message

    return bounded


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
