"""Keyword rules for the codebook: what one would write first, and the plainest peer of ``benchmarks.label``.

Written from the definitions in ``monitor/data/codebook.yaml`` and from how papers put such things, without
reading the corpus for it, and not changed after they were first tried. A rule is a regular expression,
matched without regard to case from the start of a word; the more different rules of a head match, the surer
it is.
"""

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

RULES: Mapping[str, Sequence[str]] = {
    "incompetent": (
        r"fail(?:ed|ing|ings|ure|ures|s)\b",
        r"miss(?:ed|ing)? (?:chances?|opportunit|signs?|warnings?)",
        r"missed\b",
        r"ignor(?:ed|ing)\b",
        r"blunder",
        r"inadequate\b",
        r"could have been (?:saved|prevented|avoided)",
        r"did(?:n't| not) (?:act|visit|listen|notice|see|check|ask|share|record)",
        r"despite\b.{0,60}(?:visit|warning|referral|known to)",
        r"incompeten",
        r"let down\b",
        r"(?:deceived|duped|fooled|took .{0,20} word)",
        r"overlooked\b",
        r"lessons\b",
    ),
    "over_zealous": (
        r"snatch",
        r"wrong(?:ly|ful|fully)\b.{0,40}(?:remov|taken|accus|adopt)",
        r"forced adoption",
        r"dawn raid",
        r"(?:tore|torn|ripped) .{0,20}(?:apart|from)",
        r"took (?:our|my|her|his|their) (?:baby|child|children|son|daughter)",
        r"depriv(?:ed|ation)\b.{0,30}liberty",
        r"against (?:her|his|their) (?:will|wishes)",
        r"(?:unlawful|heavy-handed|interfer|draconian)",
        r"adoption targets?",
        r"false(?:ly)? (?:accus|alleg)",
        r"threaten(?:ed|ing) to (?:take|remove)",
    ),
    "blamed": (
        r"sack(?:ed|ing)?\b",
        r"resign",
        r"must go\b",
        r"petition",
        r"struck off",
        r"suspend(?:ed|s)?\b",
        r"disciplin",
        r"heads? (?:must|should|to|will) roll",
        r"prosecut",
        r"dismiss(?:ed|al)\b",
        r"fired\b",
        r"calls? for .{0,30}(?:sack|resign|go\b)",
    ),
    "misconduct": (
        r"misconduct",
        r"struck off",
        r"falsif",
        r"fraud",
        r"stole|theft|stealing",
        r"drink[- ]driv|over the limit",
        r"affair\b|relationship with",
        r"jailed\b|convicted\b|pleaded guilty",
        r"tribunal\b.{0,40}heard",
        r"panel heard",
        r"racis[tm]",
        r"(?:invented|faked|forged)\b",
    ),
    "secretive": (
        r"cover(?:ed)?[- ]?up",
        r"secre(?:t|cy)",
        r"gag(?:ged|ging)?\b",
        r"behind closed doors",
        r"whistleblow",
        r"redact",
        r"suppress",
        r"shred|destroyed\b",
        r"refus(?:ed|es) to (?:say|publish|release|comment|name)",
        r"(?:hid|hidden|hiding|buried|withheld)\b",
        r"silenc",
        r"injunction",
    ),
    "ideological": (
        r"politically correct|political correctness|\bpc\b",
        r"woke\b",
        r"do-gooder",
        r"dogma",
        r"ideolog",
        r"sandals?\b|beard",
        r"trendy|fashionable",
        r"(?:race|racial|ethnic|religio)\w*.{0,40}match",
        r"because (?:they|we|she|he) .{0,20}(?:christian|hunt|vote|believ|ukip)",
        r"left-wing|lefty|marxist",
        r"diversity",
    ),
    "bureaucratic": (
        r"paperwork",
        r"bureaucra",
        r"box[- ]tick|tick(?:ed|ing)?[- ]box|boxes (?:were )?ticked",
        r"red tape",
        r"form[- ]filling|filling in forms",
        r"computer",
        r"keyboard|screen\b|desk",
        r"targets\b",
        r"procedur",
        r"cover(?:ing)? (?:their|your|our) backs?",
        r"defensive",
    ),
    "overstretched": (
        r"overstretch|overwork|overload|stretched",
        r"caseload",
        r"vacanc",
        r"short(?:age|staffed)|understaffed",
        r"agency (?:staff|workers?|social)",
        r"burn(?:t|ed)?[- ]?out",
        r"cuts\b|underfund|under-resourced|budget",
        r"strike\b|strikers?\b|walkout",
        r"recruit(?:ment)?\b|retention|turnover",
        r"demand\b.{0,20}(?:ris|soar|record)|record demand",
        r"unsustainable|breaking point|crisis",
        r"workload|pressure",
    ),
    "scapegoated": (
        r"scapegoat",
        r"witch[- ]?hunt",
        r"vilif|demonis|pillor",
        r"hounded",
        r"unfair(?:ly)?\b",
        r"death threats?|threats?\b|abuse(?:d)? online",
        r"made to carry|took the blame|carried the (?:blame|can)",
        r"unfairly dismissed|wins? appeal|overturned",
        r"trial by media|(?:media|tabloid) (?:storm|campaign)",
        r"assault(?:ed)?\b|attack(?:ed|s)?\b",
    ),
    "positive": (
        r"thank(?:s|ed|ful)?\b",
        r"award|honour|\bmbe\b|\bobe\b|shortlist",
        r"prais(?:e|ed|es|ing)\b|tribute",
        r"outstanding|excellent|brilliant",
        r"saved (?:my|her|his|their|our) li(?:fe|ves)",
        r"changed (?:my|her|his|their|our) li(?:fe|ves)",
        r"(?:rated|judged) .{0,10}good\b|improv",
        r"skill(?:ed|ful)|dedicat|compassion|caring\b",
        r"hero|brave",
        r"listened\b|believed in",
        r"celebrat|proud",
        r"helped\b|support(?:ed)?\b.{0,30}(?:back|home|recover)",
    ),
    "expert": (
        r"\bbasw\b|association of social workers",
        r"warn(?:s|ed|ing)?\b",
        r"(?:says?|said|told|tells) .{0,30}(?:mps|peers|committee|conference)",
        r"expert",
        r"professor|academic|researcher",
        r"\badcs\b|\badass\b",
        r"explain(?:s|ed)?\b",
        r"according to (?:a |the )?social worker",
        r"social workers? (?:say|warn|call|urge|fear|want|believe)",
        r"urge(?:s|d)?\b|call(?:s|ed)? (?:on|for)",
    ),
    "reform": (
        r"reform|overhaul|shake-?up",
        r"review (?:of|into)|independent review",
        r"\bbill\b|\bact\b|legislat|\blaws?\b|statutory",
        r"regulat",
        r"minist(?:er|ers|ry)\b|government\b|white paper|department for",
        r"train(?:ing|ed)\b|degree|qualif",
        r"commissioner|taken over|intervention|trust (?:to|will) (?:run|take)",
        r"new (?:rules|powers|standards|duty|guidance|agency)",
        r"inquiry\b|recommend",
        r"register\b|registration",
    ),
    "relevant": (
        r"social work",
        r"social services",
        r"child(?:ren)?(?:'s|’s)? (?:services|protection|department)",
        r"adult (?:services|social care)|social care",
        r"council(?:s|'s|’s)?\b",
        r"safeguarding",
        r"mental health professional",
        r"looked[- ]after",
    ),
    "tone negative": (
        r"fail|blunder|inadequate|scandal|shame|blast|slam|fury|furious|outrag|scathing|savage",
        r"ignored|missed|wrong",
        r"sack|struck off|misconduct|resign",
        r"cover[- ]?up|secre|gag",
        r"snatch|interfer|woke|do-gooder",
    ),
    "tone positive": (
        r"thank|prais|tribute|award|honour|shortlist|celebrat",
        r"outstanding|excellent|brilliant|skill|dedicat|caring\b|kind",
        r"saved|changed (?:my|her|his|their)|helped",
        r"cleared|unfair|scapegoat|hero|brave",
    ),
}
ABROAD = re.compile(
    r"\b(?:texas|florida|california|new york|ohio|u\.?s\.?|american|australia|sydney|canad|ireland|dublin|"
    r"india|delhi|german|french|paris|africa|new zealand)",
    re.IGNORECASE,
)
"""Takes one from ``relevant``."""


def count_rules(texts: Sequence[str], heads: Sequence[str]) -> NDArray[np.float64]:
    """Return how many different rules of each head match each text. *Shape:* (texts, heads)"""
    rules = [[re.compile(rf"\b(?:{rule})", re.IGNORECASE) for rule in RULES[head]] for head in heads]
    counts = [[sum(bool(rule.search(text)) for rule in own) for own in rules] for text in texts]
    return np.array(counts, dtype=np.float64).reshape(len(texts), len(heads))


def keyword_margins(texts: Sequence[str], frames: Sequence[str]) -> NDArray[np.float64]:
    """Return the counts for relevance and each frame. *Shape:* (texts, 1 + frames)"""
    counts = count_rules(texts, ("relevant", *frames))
    counts[:, 0] -= [bool(ABROAD.search(text)) for text in texts]
    return counts


def keyword_stance(texts: Sequence[str]) -> NDArray[np.float64]:
    """Return rules of praise less rules of criticism. *Shape:* (texts,)"""
    counts = count_rules(texts, ("tone positive", "tone negative"))
    return np.asarray(counts[:, 0] - counts[:, 1])
