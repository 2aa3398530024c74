"""The words by which social work is named, and by which a passage may be about it without naming it.

*Strict* names social work or social workers, *broad* also their services and bodies. *Possible* words name
nothing by themselves ("the council", "a foster placement"): such a text is left to the classifier where it
is short, but makes no passage of its own inside an article.
"""

import re
from enum import IntEnum


class Mention(IntEnum):
    """How openly a text names social work."""

    NONE = 0
    POSSIBLE = 1
    BROAD = 2
    STRICT = 3


STRICT = re.compile(r"\bsocial[\s-]work(?!houses?\b)(?:ers?\b|\b|ing\b)", re.IGNORECASE)

BROAD = re.compile(
    r"""\b(?:
    social[\s-](?:services?|care)
  | (?:child(?:ren)?(?:['’]?s)?|adults?|family|youth)['’]?s?[\s-](?:social\s)?
    (?:services|department|care\steam)
  | children['’]?s\s
    (?:service|departments|directorates?|directors?|chiefs?|boss(?:es)?|officers?|teams?|posts)
  | adults?['’]?s?\s(?:care(?!\shomes?)|teams?|departments|service|protection|directors?)
  | services?\sfor\s(?:children|adults|looked)
  | child[\s-]protection | safeguarding | children['’]?s\strust
  | (?:children|child|kids)\s(?:in|into|taken\sinto|out\sof)\s(?:council\s|local\sauthority\s)?care
  | looked[\s-]after\s(?:child|young|kid|teen|baby)\w*
  | (?:adoption|fostering)\s(?:workers?|teams?|panels?|staff|officers?|departments?|chiefs?|boss(?:es)?)
  | (?:leaving[\s-]care|family\splacement|emergency\sduty|duty\sand\sassessment)\s(?:teams?|service|unit)
  | AMHPs? | approved\smental\shealth\sprofessionals? | best\sinterests?\sassess\w+
  | (?:director|head|chief|boss|bosses|cabinet\smember)\s(?:of|for)\s
    (?:children|adult|social|fostering|adoption)\w*
  | (?:case|care)[\s-](?:workers?|managers?) | BASW | ADCS | ADASS
  | Ofsted['’]?s?\s+(?:inspect|report|judg|grade|rat)\w*
  )\b""",
    re.IGNORECASE | re.VERBOSE,
)

_BODY = (
    r"(?:council|councils|county|authority|authorities|town\shall|borough|trust|inspectors|inspectorate|ofsted"
    r"|officials|ministers?|review|report|whistleblower|tribunal|ombudsman|regulator|judges?)"
)
_MATTER = (
    r"(?:child(?:ren)?|kids?|baby|babies|toddler|newborns?|infant|boys?|girls?|teenagers?|youngsters?|orphan\w*"
    r"|siblings|twins|sons?|daughters?|under-18s|caseloads?|assessments?|nursing\shome|personal\scare|forced\smarriage"
    r"|brothers|sisters|grandparents?|mothers?|mums?|families|widow(?:er)?|pensioners?|foster\w*"
    r"|adopt(?:ion|ions|ive|ers?|ees?)|from\sadopting|in\scare|into\scare|care\s(?:cases?|home|order|leavers?|proceedings|system"
    r"|review|package|bosses)|tots?|clients?|placements?|removals?|referrals?|unallocated|sectioned|visits?|abuse\w*"
    r"|neglect\w*|autis\w+|dementia|disab\w+|learning\sdisab\w+|mental\shealth|depriv\w+"
    r"|grooming|vulnerable|gag(?:s|ged|ging)?|whistleblower)"
)
_DISMISSAL = r"(?:sack(?:ed|ing|s)?|dismiss\w+|resign\w*|suspended|caution(?:ed)?|fall\sguy|scapegoat\w*)"
_DISMISSED = r"(?:directors?|managers?|workers?)"
POSSIBLE = re.compile(
    rf"""\b(?:
    foster(?:ed)?\s(?:care|carers?|parents?|famil\w+|home|bid|placement) | forced\sadoptions?
  | care\s(?:review|leavers?|orders?|system|teams?|proceedings|boss(?:es)?|chiefs?) | placement\sorders?
  | fostering | children['’]?s\scare | cases\seach
  | (?:case|family\sgroup)\sconferences? | section\s(?:20|47) | court\sof\sprotection
  | serious\scase\sreview | practice\sreview | child[\s-]snatch\w*
  | taken\s(?:away|into\scare) | false(?:ly)?\saccus\w+
  | Baby\s(?:P|Peter) | Climbi[eé] | Haringey | Laming | Munro | Narey | MacAlister | Cheshire\sWest
  | Every\sChild\sMatters | Families\sFirst | DoLS | GSCC | HCPC | SSSC | NISCC
  | practitioners? | team\smanagers? | reviewing\sofficers? | duty\s(?:workers?|managers?|desk) | caseloads?
  | adopti(?:on|ve)\w* | adopters? | str(?:uck|ikes?)\soff | the\sdepartment['’]?s?(?!\s(?:of|for|store))
  | {_DISMISSAL}\b.{{0,60}}\b{_DISMISSED} | {_DISMISSED}\b.{{0,60}}\b{_DISMISSAL}
  | {_BODY}\b.{{0,120}}\b{_MATTER} | {_MATTER}\b.{{0,120}}\b{_BODY}
    )\b""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)


def mention(text: str) -> Mention:
    """Return the strongest way in which a text names social work."""
    if STRICT.search(text):
        return Mention.STRICT
    if BROAD.search(text):
        return Mention.BROAD
    return Mention.POSSIBLE if POSSIBLE.search(text) else Mention.NONE


def names(text: str) -> bool:
    """Tell whether a text names social work, its services or bodies; cheaper than ``mention``.

    *Possible* words are dear to look for: "council" 125,000 times takes over a second.
    """
    return bool(STRICT.search(text) or BROAD.search(text))


def mentions(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return ``(start, end)`` of all that names social work between two places, in order; may overlap."""
    found = (match.span() for pattern in (STRICT, BROAD) for match in pattern.finditer(text, start, end))
    return sorted(found)


ABROAD = r"""(?:
    australian?s? | nsw | new\ssouth\swales | qld | queensland | perth(?!\s(?:and|&)\skinross) | sydney
  | melbourne | victoria(?:n|['’]s)?\s(?:govt|government|state|premier|minister|police|department|university)
  | adelaide | brisbane | darwin | tasmanian? | tas | canberra
  | (?:act|wa|sa|nt)\s(?:govt|government|minister|budget|child)
  | families\ssa | indigenous | aborigin\w+ | oranga\stamariki | new\szealand | nz | auckland | m[aā]ori
  | tusla | hiqa | dublin | cork | gardaí | taoiseach | ireland['’]s | irish\s(?:government|minister)
  | jugendamt | german[ys]? | berlin | norwa\w+ | barnevernet | dutch | amsterdam | french | france | paris
  | spain | spanish | ital(?:y|ian) | polish | poland | warsaw | swed(?:en|ish) | fin(?:land|nish)
  | denmark | danish | greek | greece | romania\w* | turk(?:ey|ish) | ukrain\w+ | russian?s? | israel\w*
  | iraq\w* | saddam | iran\w*
  | syria\w* | afghan\w* | taliban | pakistan\w* | bangladesh\w* | indian? | mumbai | delhi | china | chinese
  | hong\skong | singapore\w* | japan\w* | south\safrican? | zimbabwe\w* | nigeria\w* | kenya\w* | uganda\w*
  | canad\w+ | ontario | toronto | quebec | brazil\w* | mexic\w+ | american?s? | the\s(?-i:US)
  | u\.?s\.?\s(?:state|congress|federal) | texas | california | los\sangeles | florida | ohio
  | chicago | arizona
  | new\s(?:york|jersey) | massachusetts | michigan
)"""
"""Places and bodies outside the United Kingdom that English-language news names most; a verbose pattern."""

# Who is meant is the classifier's commonest mistake, so each kind of actor becomes one word for it:
# what was learnt of one wording then holds for the others.
_ACTORS = (
    ("zforeign", re.sub(r"\s+", "", ABROAD)),
    ("zworker", STRICT.pattern),
    (
        "zservices",
        r"(?:social[\s-]services|children['’]?s\s(?:social\scare|services|departments?)|child\sservices|social\scare"
        r"|adult\sservices)",
    ),
    (
        "zpolice",
        r"(?:police(?:\s(?:officers?|force))?|detectives?|officers|constables?|the\sforce|prosecutors?)",
    ),
    (
        "zhealth",
        r"(?:hospitals?|doctors?|gps?|nurses?|nhs(?:\strust)?|midwi\w+|health\svisitors?|paediatricians?|surgeons?"
        r"|consultants?|psychiatrists?|ambulance\w*|a&e|clinicians?|medics?)",
    ),
    ("zschool", r"(?:schools?|head\s?teachers?|teachers?|academy|nursery|college)"),
    ("zcourt", r"(?:courts?|judges?|justice|magistrates?|cafcass|guardian\sad\slitem|tribunals?|coroners?)"),
    ("zcouncil", r"(?:councils?|local\sauthorit\w+|borough|town\shall|county\shall|authorit(?:y|ies))"),
)
_ACTOR = re.compile("|".join(rf"(?P<{name}>\b{pattern}\b)" for name, pattern in _ACTORS), re.IGNORECASE)
_NUMBER = re.compile(r"[£€$]?\d[\d,.]*")


def normalise(text: str) -> str:
    """Return the text as the linear model reads it: case folded, actors and numbers each as one word."""
    marked = _ACTOR.sub(lambda match: f" {match.lastgroup} ", text)
    return _NUMBER.sub(" znumber ", marked).casefold().replace("’", "'")


def patterns() -> tuple[str, ...]:
    """Return all patterns that the features of a text depend on."""
    return tuple(pattern.pattern for pattern in (STRICT, BROAD, POSSIBLE, _ACTOR, _NUMBER))
