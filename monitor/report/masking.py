"""Names that a report must not repeat: of workers beside their title, and of children beside their age.

The rules go by the words around a name and err on the side of masking. Where headline capitals make every
word look like a name, a short list of ordinary headline words decides what is none.
"""

import re
from collections.abc import Iterable, Sequence
from re import Pattern

MASK = "[name]"

_UPPER = "A-ZÀ-ÖØ-Þ"
_WORD = rf"(?:(?:Mc|Mac|O['’]|D['’])?[{_UPPER}][\w'’]*[^\W'’]?(?:-[{_UPPER}]\w+)*)"
_HONORIFIC = r"(?:(?:Mr|Mrs|Ms|Miss|Dr|Prof|Professor|Sir|Dame)\.?\s+)?"
_NAME = rf"(?P<name>{_HONORIFIC}{_WORD}(?:\s+(?:(?:de|van|der|von|bin|al|el)\s+)?{_WORD}){{0,2}})"

_TITLE = (
    r"(?:social[\s-]+workers?|social[\s-]+work\s+(?:manager|assistant|student|apprentice)|case[\s-]?workers?"
    r"|(?:family\s+)?support\s+workers?|care\s+workers?|key\s*workers?|youth\s+workers?|team\s+managers?"
    r"|team\s+leaders?|service\s+managers?|senior\s+practitioners?|reviewing\s+officers?"
    r"|approved\s+mental\s+health\s+professionals?|AMHPs?|family\s+court\s+advis[eo]rs?)"
)
_NEXT_NAME = rf"{_NAME.replace('?P<name>', '?:')}\s+and\s+{_NAME}"
_YEARS = (
    r"(?:1[0-7]|[0-9]|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen"
    r"|fifteen|sixteen|seventeen)"
)
_OLD = rf"(?:{_YEARS}|[0-9]{{1,2}}|\w+teen)[\s-]+(?:year|month|week|day)s?[\s-]+old"
_AFTER_AGE = r"(?=\s*(?:[,.;:!?)\]–—]|$|(?:who|was|is|died|had|has|and|from|whose|after|when|by|in)\b))"

_BESIDE: Sequence[Pattern[str]] = (
    re.compile(rf"(?i:\b{_TITLE})\s+{_NEXT_NAME}"),
    re.compile(rf"(?i:\b{_TITLE}),?\s+{_NAME}"),
    re.compile(rf"(?i:\b{_TITLE})\s*,\s+(?:named\s+as\s+)?{_NAME}(?=,)"),
    re.compile(rf"(?i:\b{_TITLE})\s+(?:called|named)\s+{_NAME}"),
    re.compile(
        rf"{_NAME}(?:,\s*(?:aged\s+)?\d{{2}})?,\s+(?i:(?:who\s+(?:is|was|worked\s+as)\s+)?"
        rf"(?:(?:an?|the|her|his|their|one)\s+)?(?:[\w'’-]+\s+){{0,4}}?{_TITLE})\b"
    ),
    re.compile(rf"{_NAME}\s+\((?:an?\s+|the\s+)?(?i:{_TITLE})\)"),
    re.compile(rf"{_NAME}['’]s?\s+(?i:{_TITLE})\b"),
    re.compile(rf"{_NAME},\s*(?i:aged\s+)?(?i:{_YEARS}){_AFTER_AGE}"),
    re.compile(rf"{_NAME},\s*(?i:(?:aged\s+)?\w+\s+(?:months|weeks|days))(?=\s*[,.;)]|\s+old)"),
    re.compile(rf"{_NAME}\s+\((?i:aged\s+)?(?i:{_YEARS})\)"),
    re.compile(rf"{_NAME},?\s+(?i:aged\s+{_YEARS}|(?:was|is)\s+(?:just\s+|only\s+)?{_YEARS}\b(?=[\s,.]))"),
    re.compile(rf"{_NAME},\s+(?i:(?:an?\s+)?(?:then\s+)?{_OLD})"),
    re.compile(rf"(?i:\b{_YEARS}[\s-]+year[\s-]+old|\b\w+[\s-]+(?:month|week|day)s?[\s-]+old)\s+"
               rf"(?:(?i:boy|girl|baby|pupil|twin|schoolboy|schoolgirl|son|daughter),?\s+)?{_NAME}"),
    re.compile(rf"\b(?i:baby|toddler|schoolboy|schoolgirl|infant|newborn)\s+{_NAME}"),
)  # fmt: skip

_ORDINARY_WORDS = """
a about accused act action admits advice after again against agency all amid an and answers april are as
asked assaulted at attacked august award awards awareness away baby back ban banned be became because been
before bill bodies boss bosses boy braced bristol british budget but by call called calls care case
caseload caseloads cases charge charged child childline children claims cleared code conference cost costs
could council councils court crisis cut cuts day days death debate december department despite did
directors do does each england english ensure every exodus face faces facing failed failings failures
families family february fell fight fights find finds five for found four friday from gaps gets girl given
gives go government guilty had hails has have he head hearing held help helped helps her hero his hit hits
hm home homes hours how i if ignored in inquiry inspectors into investigated is it its jailed january job
jobs join joins judge judges july june just keep kept labour last law left less let life london lose loses
lost made make many march may member members met minister ministers miss missed mode monday more most
mother mp mps must near need needed needs new nine no northern not november now numbers october of off
office ofsted on one only or order orders our out over parents parliament pay people plan plans police
posts praised pressure probe profession put quit raise raised records recruitment registration regulator
report reports resigns retention review rise rises row rules sacked safeguarding said saturday save saved
says scotland scottish september seven shared she shortage shortages should since six slammed social speak
speaks staff stop strike strikes struck sues suing sunday support suspended take taken takes team teams
tell tells ten than that the their them then there these they this those three thursday time to told took
training trial tribunal tuesday turnover two uk under union unions up urged us vacancies vacancy wales
warn warned warning warns was way we wednesday week welsh were what when where which who whose why will
wins with without won work worker workers working world would wrong year years yesterday you your
"""
_ORDINARY = frozenset(_ORDINARY_WORDS.split())


def masked(text: str, exempt: Sequence[str] = (), names: Iterable[str] = ()) -> str:
    """Return the text with names beside a worker's title or a child's age as ``[name]``, wherever they recur.

    Args:
        text: one quotation.
        exempt: texts, such as the events' names, whose names may stand.
        names: more names to mask, found in the other parts of the same story by ``names_beside``.
    """
    found = {*names, *names_beside(text, exempt)}
    for form in sorted({form for name in found for form in _forms(name)}, key=lambda f: (-len(f), f)):
        if not _is_exempt(form, exempt):
            text = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", MASK, text)
    return re.sub(rf"{re.escape(MASK)}(?:\s+{re.escape(MASK)})+", MASK, text)


def names_beside(text: str, exempt: Sequence[str] = ()) -> frozenset[str]:
    """Return the names that stand beside a title or an age in the text, as they stand there."""
    shouted = text == text.upper()
    found = (_trimmed(match["name"], shouted) for pattern in _BESIDE for match in _overlapping(pattern, text))
    return frozenset(name for name in found if name and not _is_exempt(name, exempt))


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
        ordinary = initials or word.casefold().strip(".") in _ORDINARY
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


def _is_exempt(name: str, exempt: Sequence[str]) -> bool:
    pattern = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    return any(pattern.search(text) for text in exempt)
