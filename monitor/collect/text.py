"""Turn what a source sends into the plain text that every later stage reads."""

import codecs
import html
import re
import unicodedata

# Controls, lone surrogates and noncharacters; and the invisible format characters (soft hyphen, zero-width
# space, marks of direction, byte order mark) that make two equal headlines differ. The zero-width joiners
# stay: emoji and some scripts need them. White space among the controls is folded, not removed.
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069"
    "\ud800-\udfff\ufeff\ufdd0-\ufdef\ufffe\uffff]"
)

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_CODE = re.compile(
    r"<(script|style|template|iframe|svg)\b[^<]*(?:<(?!/\1\b)[^<]*)*(?:</\1[^<>]*>?|\Z)", re.IGNORECASE
)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<!\[CDATA\[|\]\]>", re.DOTALL)
_BLOCK = re.compile(
    r"(?=</?(?:address|article|aside|blockquote|br|caption|dd|div|dl|dt|figcaption|figure|footer|form|h[1-6]|"
    r"header|hr|li|main|nav|ol|option|p|pre|section|table|tbody|td|tfoot|th|thead|tr|ul)\b)",
    re.IGNORECASE,
)
# No "<" inside a tag, not even in a quoted value, so that no input costs more than one pass.
_TAG = re.compile(r"""</?[a-zA-Z!?][^<>"']*(?:(?:"[^"<]*"|'[^'<]*')[^<>"']*)*>|</?[a-zA-Z!?][^<>]*>""")
_COMMON = (
    r"</?(?:a|abbr|b|big|blockquote|br|cite|code|del|div|em|figcaption|figure|font|h[1-6]|hr|i|img|ins|li|ol|p|"
    r"picture|q|s|small|source|span|strike|strong|sub|sup|table|tbody|td|th|thead|time|tr|u|ul|video)"
)
_ESCAPED_TAG = re.compile(rf"{_COMMON}(?:\s[^<>]*)?/?>", re.IGNORECASE)
_CUT_TAG = re.compile(rf"{_COMMON}\s[^<>]*\Z", re.IGNORECASE)

_MIXED = "monitor.mixed"

LAYERS = 3
"""How often a text may have been escaped over: some feeds send ``&amp;lt;p&amp;gt;``."""


def clean(text: str | None) -> str:
    """Return a text in NFC, its white space folded to single spaces, without controls; idempotent."""
    if not text:
        return ""
    if not text.isascii() or not text.isprintable():
        text = unicodedata.normalize("NFC", _UNWANTED.sub("", text))
    return " ".join(text.split())


def plain(markup: str | None) -> str:
    """Return the text of an HTML fragment, cleaned; plain text passes as it is.

    Where tags or entities stand behind an escape, the layers are undone, at most three; but there only
    tags that are common in articles are taken out, since a story may well quote one in angle brackets.
    """
    if not markup:
        return ""
    if "<" in markup:
        markup = _without_tags(markup)
    for _ in range(LAYERS):
        if "&" not in markup:
            break
        markup = _ENTITY.sub(lambda match: html.unescape(match[0]), markup)
        if _ESCAPED_TAG.search(markup):
            markup = _without_tags(markup)
    return clean(markup)


def decode_mixed(raw: bytes) -> str:
    """Return bytes read as UTF-8 where they are that, and as Windows-1252 where they are not.

    Pages put together from several sources hold both; a wrong byte costs itself, not its text.
    """
    return raw.decode("utf-8", _MIXED)


def shorten(text: str, characters: int) -> str:
    """Return a text of at most so many characters, cut after a word where there is one."""
    if len(text) <= characters:
        return text
    head, space, _ = text[: characters + 1].rpartition(" ")
    return head if space else text[:characters]


def _without_tags(markup: str) -> str:
    markup = _COMMENT.sub("", _CODE.sub(" ", markup))
    markup = _CUT_TAG.sub("", _BLOCK.sub(" ", markup))
    return _TAG.sub("", markup)


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(_MIXED, _as_windows)
