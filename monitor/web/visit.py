"""Who codes, in a signed cookie, and the token that ties each form to it."""

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from fastapi import Request
from fastapi.responses import Response
from itsdangerous import BadSignature, URLSafeTimedSerializer

from monitor.errors import UsageError
from monitor.web.site import Site

COOKIE: Final = "monitor_coder"
LASTS: Final = 30 * 24 * 3600
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A browser's visit to the coding pages; ``coder`` is empty until somebody gives a name."""

    nonce: str
    coder: str = ""

    def token(self, site: Site) -> str:
        """Return what a form of this visit must bring along."""
        return hmac.new(site.cookie_secret.encode(), f"form:{self.nonce}".encode(), sha256).hexdigest()

    def require(self, site: Site, token: str) -> None:
        """Check what a form has brought along.

        Raises:
            UsageError: it is another's, or of a visit that has ended.
        """
        if not hmac.compare_digest(self.token(site), token if token.isascii() else ""):
            raise UsageError(
                "this form is of a visit that has ended; go back, load the page again, and resend"
            )


def visit_of(site: Site, request: Request) -> Visit:
    """Return the visit that a request's cookie tells of, or a new one."""
    try:
        nonce, coder = _signer(site).loads(request.cookies.get(COOKIE, ""), max_age=LASTS)
    except (BadSignature, ValueError, TypeError):
        return Visit(secrets.token_urlsafe(16))
    return Visit(str(nonce), str(coder))


def keep_visit(site: Site, request: Request, response: Response, visit: Visit) -> Response:
    """Let the browser keep a visit; only the coding pages get it back, and no other site's forms do."""
    response.set_cookie(
        COOKIE,
        _signer(site).dumps([visit.nonce, visit.coder]),
        max_age=LASTS,
        path="/code",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


def _signer(site: Site) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        site.cookie_secret, salt="monitor.coder", signer_kwargs={"digest_method": sha256}
    )
