"""The canonical form of an address: what one item is known by, whatever feed linked to it."""

import re
from urllib.parse import SplitResult, unquote, urljoin, urlsplit, urlunsplit

import idna
from w3lib.url import safe_url_string

MAX_CHARACTERS = 4096
"""Longer addresses are refused: no server takes them, and an index would have to."""

_TRACKING_PREFIXES = ("at_", "mtm_", "ns_", "pk_", "utm_", "wt.")
_TRACKING = {
    "__twitter_impression", "_hsenc", "_hsmi", "cmp", "cmpid", "dclid", "fbclid", "ftag", "gbraid",
    "gclid", "guccounter", "guce_referrer", "guce_referrer_sig", "gusrc", "icid", "igshid",
    "intcid", "intcmp", "ito", "mc_cid", "mc_eid", "mkt_tok", "msclkid", "ncid", "ocid", "ref_src",
    "ref_url", "soc_src", "soc_trk", "spref", "sr_share", "srnd", "traffic_source", "twclid",
    "wbraid", "wt_mc", "xtor", "xtref", "yclid",
}  # fmt: skip
_DEFAULT_PORTS = {"http": 80, "https": 443}
_ABSOLUTE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\]")
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


def canonical_url(url: str | None, base: str | None = None) -> str | None:
    """Return the canonical form of an http(s) address, or None where it is not one; idempotent.

    Host lower-case and in IDNA, no default port, no fragment, no tracking parameter, escapes as RFC 3986
    (6.2.2) normalises them. What may carry meaning is left alone: the case and the ``//`` of the path, a
    trailing slash, the order of the parameters, and the query of an address that holds another address (an
    archived page). An address with user name or password, or with a backslash in its authority, is refused.

    The scheme stays as given, so that the result can be fetched: what was http in 2008 may never have been
    served by https. Where identity must hold across the move to https, compare what follows ``://``.

    Args:
        url: as found; relative only together with ``base``.
        base: the address of the document it was found in.
    """
    text = _CONTROLS.sub("", url or "").strip()
    try:
        if base and not _ABSOLUTE.match(text):
            text = urljoin(base, text) if text else ""
        parts = urlsplit(text)
        authority = _authority(parts)
        if authority is None or len(text) > MAX_CHARACTERS:
            return None
        return _rebuilt(parts, authority)
    except ValueError:  # an unclosed bracket, a port that is no number, a host that IDNA refuses
        return None


def _authority(parts: SplitResult) -> str | None:
    """Return ``host[:port]``, or None where the address is not one to be fetched."""
    scheme, netloc = parts.scheme.lower(), parts.netloc
    if scheme not in _DEFAULT_PORTS or not parts.hostname or "@" in netloc or "\\" in netloc:
        return None
    host = _host(parts.hostname)
    if not _HOST.fullmatch(host):
        return None
    port = parts.port
    return host if port in (None, _DEFAULT_PORTS[scheme]) else f"{host}:{port}"


def _host(name: str) -> str:
    if ":" in name:
        return f"[{name.lower()}]"
    name = name.lower().rstrip(".")
    return name if name.isascii() else idna.encode(name, uts46=True).decode("ascii")


def _rebuilt(parts: SplitResult, authority: str) -> str:
    query = parts.query if "://" in parts.path else _without_tracking(parts.query)
    scheme, path = parts.scheme.lower(), parts.path or "/"
    # Escapes first: w3lib leaves a percent sign as it finds it.
    path, query = _normal_escapes(path), _normal_escapes(query)
    safe: str = safe_url_string(urlunsplit((scheme, authority, path, query, "")))
    return safe


def _without_tracking(query: str) -> str:
    return "&".join(pair for pair in query.split("&") if pair and not _tracks(pair))


def _tracks(pair: str) -> bool:
    name = unquote(pair.partition("=")[0]).lower()
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES)


def _normal_escapes(text: str) -> str:
    if "%" not in text:
        return text
    return _ESCAPE.sub(_normal_escape, _LONE_PERCENT.sub("%25", text))


def _normal_escape(match: re.Match[str]) -> str:
    character = chr(int(match[0][1:], 16))
    return character if _UNRESERVED.fullmatch(character) else match[0].upper()
