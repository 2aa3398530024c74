"""Names that a report must not repeat: of workers beside their title, and of children beside their age.

The rules go by the words around a name and err on the side of masking. Where headline capitals make every
word look like a name, a short list of ordinary headline words decides what is none.
"""

import re
from collections.abc import Iterable, Sequence
from re import Pattern

from monitor.report.namewords import BODIES, OFFICES, ORDINARY

MASK = "[name]"

_UPPER = "A-ZÀ-ÖØ-Þ"
_WORD = rf"(?:(?:Mc|Mac|O['’]|[Dd]['’])?[{_UPPER}][\w'’]*[^\W'’]?(?:-[{_UPPER}]\w+)*)"
_HONORIFIC = r"(?:(?:Mr|Mrs|Ms|Miss|Dr|Prof|Professor|Sir|Dame)\.?\s+)?"
_NAME = rf"(?P<name>{_HONORIFIC}{_WORD}(?:\s+(?:(?:de|van|der|von|bin|al|el|ní)\s+){{0,2}}{_WORD}){{0,2}})"

_TITLE = (
    r"(?:social[\s-]+workers?|social[\s-]+work\s+(?:manager|assistant|student|apprentice)|case[\s-]?workers?"
    r"|(?:family\s+)?support\s+workers?|care\s+workers?|key\s*workers?|youth\s+workers?|team\s+managers?"
    r"|team\s+leaders?|service\s+managers?|senior\s+practitioners?|reviewing\s+officers?"
    r"|cafcass\s+officers?|children['’]s\s+guardians?|health\s+visitors?|foster\s+(?:carers?|parents?)"
    r"|approved\s+mental\s+health\s+professionals?|AMHPs?|family\s+court\s+advis[eo]rs?)"
)
_NEXT_NAME = rf"{_NAME.replace('?P<name>', '?:')}(?:,\s+\w+,)?\s+and\s+{_NAME}"
_YEARS = (
    r"(?:1[0-7]|[0-9]|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen"
    r"|fifteen|sixteen|seventeen)"
)
_OLD = rf"(?:{_YEARS}|[0-9]{{1,2}}|\w+teen)[\s-]+(?:year|month|week|day)s?[\s-]+old"
_CHILD = (
    r"baby|toddler|schoolboy|schoolgirl|infant|newborn|teenager|teen|tot|tragic|little|twins|siblings"
    r"|schoolchildren"
)
_UNNAMED = _NAME.replace("?P<name>", "?:")
_AFTER_AGE = r"(?=\s*(?:[,.;:!?)\]–—]|$|(?:who|was|is|died|had|has|and|from|whose|after|when|by|in)\b))"

_BESIDE: Sequence[Pattern[str]] = (
    re.compile(rf"(?i:\b{_TITLE})\s+{_NEXT_NAME}"),
    re.compile(rf"(?i:\b{_TITLE})(?:(?<![sS]),)?\s+{_NAME}"),
    re.compile(rf"(?i:\b{_TITLE})\s*,\s+(?:named\s+as\s+)?{_NAME}(?=,)"),
    re.compile(rf"(?i:\b{_TITLE})\s*,\s+{_NEXT_NAME}"),
    re.compile(rf"{_NAME}(?=\s+and\s+{_UNNAMED},\s+(?i:(?:both|two)\s+(?:[\w'’-]+\s+){{0,2}}?{_TITLE}))"),
    re.compile(rf"(?i:\b{_TITLE})\s*(?:[:–—]|-\s)\s*{_NAME}"),
    re.compile(rf"(?i:\b{_TITLE}\s+(?:(?:was|is|has\s+been)\s+)?(?:called|named|identified)(?:\s+as)?)\s+{_NAME}"),
    re.compile(rf"(?i:\b{_TITLE}\s+as)\s+{_NAME}"),
    re.compile(rf"(?i:\b{_TITLE}\s+(?:is|was))\s+{_NAME}"),
    re.compile(rf"(?i:\b{_TITLE}\s+(?:of\s+the\s+year|turned\s+\w+))\s+{_NAME}"),
    re.compile(rf"(?i:\bname\s+(?:is|was))\s+{_NAME}"),
    re.compile(rf"{_NAME}(?:,|:|\s+\(\d{{2}}\),?)\s+(?i:(?:the\s+|an?\s+)?{_TITLE})(?=[\s,.:]*(?:who\b|,|$))"),
    re.compile(
        rf"{_NAME}\s+(?i:(?:is|was|has\s+been|had\s+been|qualified\s+as|trained\s+as|works\s+as|worked\s+as)"
        rf"\s+(?:(?:now|just|still|once)\s+)?(?:an?|the|her|his|their)\s+(?:[\w'’-]+\s+){{0,3}}?{_TITLE})\b"
    ),
    re.compile(
        rf"{_NAME}(?:,\s*(?:aged\s+)?\d{{2}})?,\s+(?i:(?:who\s+(?:is|was|worked\s+as)\s+)?"
        rf"(?:(?:an?|the|her|his|their|one)\s+)?(?:[\w'’-]+\s+){{0,4}}?{_TITLE})\b"
    ),
    re.compile(rf"{_NAME}\s+\((?:an?\s+|the\s+)?(?i:{_TITLE})\)"),
    re.compile(rf"{_NAME}['’]s?\s+(?i:{_TITLE})\b"),
    re.compile(
        rf"{_NAME},\s*(?i:aged\s+|now\s+|then\s+|just\s+|only\s+|who\s+(?:is|was|turned)\s+(?:just\s+|only\s+)?)?"
        rf"(?i:{_YEARS}){_AFTER_AGE}"
    ),
    re.compile(rf"{_NAME}(?=\s+and\s+{_UNNAMED},?\s+(?i:aged\s+)?(?i:{_YEARS}\s+and\s+{_YEARS})\b)"),
    re.compile(rf"(?i:\b(?:at|aged)\s+{_YEARS}),\s+{_NAME}"),
    re.compile(rf"(?i:{_OLD}\s+(?:called|named))\s+{_NAME}"),
    re.compile(rf"{_NAME},\s+(?i:an?\s+\w+\s+aged\s+{_YEARS})\b"),
    re.compile(rf"{_NAME},?\s+(?i:who\s+died\s+aged\s+{_YEARS})\b"),
    re.compile(rf"{_NAME},\s+(?i:(?:just|only|then|now)\s+\w+\s+(?:months|weeks|days))\b"),
    re.compile(rf"{_NAME},\s*(?i:(?:aged\s+)?\w+\s+(?:months|weeks|days))(?=\s*[,.;)]|\s+old)"),
    re.compile(rf"{_NAME}\s+\((?i:aged\s+)?(?i:{_YEARS})\)"),
    re.compile(rf"{_NAME},?\s+(?i:aged\s+{_YEARS}|(?:was|is)\s+(?:just\s+|only\s+)?{_YEARS}\b(?=[\s,.]))"),
    re.compile(rf"{_NAME},\s+(?i:(?:an?\s+)?(?:then\s+)?{_OLD})"),
    re.compile(rf"(?i:\b{_YEARS}[\s-]+year[\s-]+old|\b\w+[\s-]+(?:month|week|day)s?[\s-]+old)\s+"
               rf"(?:(?i:boy|girl|baby|pupil|twin|schoolboy|schoolgirl|son|daughter),?\s+)?{_NAME}"),
    re.compile(rf"\b(?i:{_CHILD})\s+{_NAME}"),
    re.compile(rf"\b(?i:{_CHILD})\s+{_NEXT_NAME}"),
    re.compile(rf"\b(?i:{_CHILD}|boy|girl|child),?\s+(?i:named|called|known\s+(?:\w+\s+){{0,4}}as)\s+{_NAME}"),
)  # fmt: skip

_PRIVATE = re.compile(
    rf"(?i:\b(?:{_TITLE[3:-1]})\b(?<!s)|\b(?:boy|girl|toddler|baby|infant|child|son|daughter|pupil|teenager|twin)\b"
    rf"|\baged\s+{_YEARS}\b|{_OLD})"
)
_PAIR = re.compile(rf"\b{_WORD}\s+{_WORD}")


def masked(text: str, exempt: Sequence[str] = (), names: Iterable[str] = ()) -> str:
    """Return the text with names beside a worker's title or a child's age as ``[name]``, wherever they recur.

    Args:
        text: one quotation.
        exempt: texts, such as the events' names, whose names may stand; not a first name alone.
        names: more names to mask, found in the other parts of the same story by ``names_beside``.
    """
    found = {*names, *names_beside(text, exempt)}
    for form in sorted({form for name in found for form in _forms(name)}, key=lambda f: (-len(f), f)):
        if not _is_exempt(form, exempt):
            text = _without(form, text, exempt)
    return re.sub(rf"{re.escape(MASK)}(?:\s+{re.escape(MASK)})+", MASK, text)


def names_beside(text: str, exempt: Sequence[str] = ()) -> frozenset[str]:
    """Return the names that stand beside a title or an age in the text, as they stand there."""
    shouted = text == text.upper()
    found = (_trimmed(match["name"], shouted) for pattern in _BESIDE for match in _overlapping(pattern, text))
    return frozenset(name for name in found if name and not _is_exempt(name, exempt))


def doubtful(text: str, exempt: Sequence[str] = ()) -> bool:
    """Return whether a masked text may still name a child or a worker: then it should not be quoted.

    Asked of each sentence that speaks of a child, or of one worker by a title: whether two capitalised words
    that follow each other in it are neither ordinary nor part of a body, a place or an exempt name.
    """
    return any(
        bool(_PRIVATE.search(sentence)) and _may_name(sentence, exempt)
        for sentence in re.split(r"(?<=[.!?])\s+", text)
    )


def _may_name(sentence: str, exempt: Sequence[str]) -> bool:
    if sentence == sentence.upper():
        return False  # all capitals: nothing looks like a name more than the rest
    titled = sum(word[0].isupper() for word in sentence.split()) * 2 > len(sentence.split())
    pairs = [] if titled else _PAIR.finditer(sentence)
    return any(not _is_body(match, sentence) and not _is_exempt(match[0], exempt) for match in pairs)


def _is_body(match: re.Match[str], sentence: str) -> bool:
    words = match[0].split()
    after = sentence[match.end() :].split()[:1]
    before = sentence[: match.start()].split()[-1:]
    if words[0] in OFFICES or (before and before[0].strip("(,“‘\"'") in OFFICES):
        return True
    named = {word.strip(".,;:’'").casefold() for word in [*words, *after]}
    return bool(named & BODIES) or all(word.casefold() in ORDINARY for word in words)


def _overlapping(pattern: Pattern[str], text: str) -> Iterable[re.Match[str]]:
    """Yield matches from every place, since one name may end the words that begin the next."""
    position = 0
    while match := pattern.search(text, position):
        yield match
        position = match.start() + 1


def _trimmed(name: str, shouted: bool) -> str:
    """Cut ordinary words off both ends of what looked like a name; what is left may be empty.

    A word in the middle ends the name, and so do initials such as BASW in a text that is not all capitals.
    """
    words: list[str] = []
    for word in re.sub(r"['’]s?$", "", name).split():
        initials = not shouted and 1 < len(word) <= 5 and word.isupper()
        ordinary = initials or word.casefold().strip(".") in ORDINARY
        if ordinary and words:
            break
        if not ordinary:
            words.append(word)
    return " ".join(words)


def _forms(name: str) -> Iterable[str]:
    """Yield the name and its parts by which a text may name the person again."""
    words = re.sub(rf"^{_HONORIFIC}", "", name).split()
    yield name
    yield " ".join(words)
    yield from (word for word in words if len(word) > 2 and word[0].isupper())


def _without(form: str, text: str, exempt: Sequence[str]) -> str:
    """Return the text with a form as ``[name]``, except inside a full name that is exempt."""
    names = (match for match in _overlapping(_PAIR, text) if _is_exempt(match[0], exempt))
    kept = [match.span() for match in names]

    def shown(match: re.Match[str]) -> str:
        inside = any(start <= match.start() and match.end() <= end for start, end in kept)
        return match[0] if inside else MASK

    return re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", shown, text)


def _is_exempt(name: str, exempt: Sequence[str]) -> bool:
    """Return whether a text exempts the name; a first name alone is not exempt, being many people's."""
    pattern = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    found = [(text, match) for text in exempt for match in pattern.finditer(text)]
    return bool(found) and (" " in name or not any(_is_first_name(text, match) for text, match in found))


def _is_first_name(text: str, match: re.Match[str]) -> bool:
    """Return whether a surname follows the word; initials, words of bodies and ordinary ones are none."""
    after = re.match(rf"\s+({_WORD})", text[match.end() :])
    return after is not None and not (after[1].isupper() or after[1].casefold() in BODIES | ORDINARY)
