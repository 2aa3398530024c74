"""Links by which a recipient leaves a list with one click (RFC 8058), signed so that nobody makes them up.

A link names its list and recipient and never ends, as the mail that holds it does not. Whoever has the mail
can use it, which is the intent of the RFC: no cookie, no login.
"""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from monitor.errors import UsageError

if TYPE_CHECKING:
    from itsdangerous import URLSafeSerializer

PATH = "/unsubscribe/"
SALT = "monitor.unsubscribe"
"""Parts these signatures from any others by the same secret."""
ONE_CLICK = "List-Unsubscribe=One-Click"
"""What a mail program posts, and what ``List-Unsubscribe-Post`` says that it may (RFC 8058, section 3)."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A recipient of a list."""

    list_name: str
    recipient: str


@dataclass(frozen=True, slots=True)
class Links:
    """Makes the links of ``monitor serve`` as the world reaches it, and reads them."""

    secret: str = field(repr=False)
    web: str = ""
    """``https://monitor.example.org``, without a slash at the end; not needed to read."""

    def link(self, subscription: Subscription) -> str:
        """Return the address of the page on which a recipient leaves a list."""
        token = self._signer().dumps([subscription.list_name, subscription.recipient])
        return f"{self.web}{PATH}{token}"

    def subscription(self, token: str) -> Subscription:
        """Return what a token is about.

        Raises:
            UsageError: we have not signed it, or by another secret.
        """
        from itsdangerous import BadSignature

        try:
            list_name, recipient = self._signer().loads(token)
        except (BadSignature, ValueError, TypeError):
            raise UsageError(
                "this link is not complete, or not one of ours; copy it whole from the mail"
            ) from None
        return Subscription(str(list_name), str(recipient))

    def _signer(self) -> "URLSafeSerializer":
        # Imported here, since every command that sends mail would else pay for it.
        from itsdangerous import URLSafeSerializer

        return URLSafeSerializer(self.secret, salt=SALT, signer_kwargs={"digest_method": sha256})
