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
  | (?:child(?:ren)?(?:['’]?s)?|adults?|family|youth)['’]?s?[\s-](?:social\s)?(?:services|department|care\steam)
  | services?\sfor\s(?:children|adults|looked)
  | child[\s-]protection | safeguarding | children['’]?s\strust
  | (?:children|child|kids)\s(?:in|into|taken\sinto|out\sof)\s(?:council\s|local\sauthority\s)?care
  | looked[\s-]after\s(?:child|young|kid|teen|baby)\w*
  | AMHPs? | approved\smental\shealth\sprofessionals?
  | (?:director|head|chief|boss|bosses|cabinet\smember)\s(?:of|for)\s(?:children|adult|social)\w*
  | (?:case|care)[\s-](?:workers?|managers?) | BASW | Ofsted['’]?s?\s+(?:inspect|report|judg|grade|rat)\w*
  )\b""",
    re.IGNORECASE | re.VERBOSE,
)

_BODY = r"(?:council|councils|authority|authorities|town\shall|borough|trust|inspectors|inspectorate|ofsted|officials|ministers?|review|whistleblower|tribunal|ombudsman)"
_MATTER = (
    r"(?:child(?:ren)?|kids?|baby|babies|toddler|newborn|infant|boy|girl|teenagers?|youngsters?|foster\w*|adopt\w*"
    r"|in\scare|into\scare|care\s(?:home|order|leavers?|system|review)|abuse\w*|neglect\w*|autis\w+|dementia|disab\w+"
    r"|mental\shealth|depriv\w+|grooming|vulnerable)"
)
POSSIBLE = re.compile(
    rf"\b(?:foster(?:ing|ed)?\s(?:care|carers?|parents?|famil\w+|home|bid|placement)|forced\sadoptions?|care\s(?:review|leavers?|orders?|system)"
    rf"|serious\scase\sreview|practice\sreview|child\ssnatch\w*|taken\s(?:away|into\scare)|false(?:ly)?\saccus\w+"
    rf"|{_BODY}\b.{{0,120}}\b{_MATTER}|{_MATTER}\b.{{0,120}}\b{_BODY})\b",
    re.IGNORECASE | re.DOTALL,
)


def mention(text: str) -> Mention:
    """Return the strongest way in which a text names social work."""
    if STRICT.search(text):
        return Mention.STRICT
    if BROAD.search(text):
        return Mention.BROAD
    return Mention.POSSIBLE if POSSIBLE.search(text) else Mention.NONE


# Who is meant is the classifier's commonest mistake, so each kind of actor becomes one word for it:
# what was learnt of one wording then holds for the others.
_ACTORS = (
    (
        "zforeign",
        r"(?:australian?s?|nsw|new\ssouth\swales|qld|queensland|victorian|perth|sydney|melbourne|adelaide|darwin"
        r"|tasmanian?|canberra|act\sgovt|wa\sgovt|nt\sgovt|families\ssa|docs|oranga\stamariki|new\szealand|auckland"
        r"|tusla|dublin|ireland['’]s|irish\s(?:government|minister)|hse|jugendamt|german[ys]?|berlin|norwa\w+|barnevernet"
        r"|dutch|french|france|spain|spanish|italy|italian|indian?|mumbai|delhi|canad\w+|ontario|texas|california|florida"
        r"|ohio|new\syork|chicago|arizona|cps|u\.?s\.?\s(?:state|congress)|american?s?|zimbabwe\w*|nigeria\w*|kenya\w*"
        r"|south\safrican?|hong\skong|singapore\w*|japan\w*|china|chinese|sweden|swedish|finland|finnish)",
    ),
    ("zworker", STRICT.pattern),
    ("zservices", r"(?:social[\s-]services|children['’]?s\s(?:social\scare|services)|child\sservices|social\scare|adult\sservices)"),
    ("zpolice", r"(?:police(?:\s(?:officers?|force))?|detectives?|officers|constables?|the\sforce|cps\sprosecutor)"),
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
    """Return the text as the linear model reads it: lower case, actors and numbers each as one word."""
    marked = _ACTOR.sub(lambda match: f" {match.lastgroup} ", text)
    return _NUMBER.sub(" znumber ", marked).casefold().replace("’", "'")
