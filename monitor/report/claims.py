"""Claim or finding, aimed at whom, and are they heard: as people coded it, else by rule.

The model labels none of this. By rule one status alone is told, ``found``: where an authority says it, and
nothing in the words is alleged, denied, admitted or cleared. Of evaluation passages that carry a frame, nine
of ten so marked are findings. Rules for allegations were right for half, and there are too few admissions and
refutations to tell (docs/report.md).
"""

import re
from collections.abc import Mapping

from monitor.report.data import FrameText
from monitor.report.wording import short_name
from monitor.types import Said, Story

STATUSES = {
    "alleged": "alleged",
    "found": "a finding",
    "admitted": "admitted",
    "refuted": "refuted",
}
TARGETS = {
    "SW_INDIVIDUAL": "a social worker",
    "SW_TEAM_MANAGER": "a team or manager",
    "EMPLOYER": "the employer",
    "PROFESSION": "the profession",
    "REGULATOR_POLICY": "regulator or policy",
    "POLICE": "the police",
    "HEALTH": "health services",
    "SCHOOL": "a school",
    "COURT_CAFCASS": "court or Cafcass",
    "PARENTS_PERPETRATOR": "parents or perpetrator",
    "GOVERNMENT": "government",
    "OTHER_AGENCY": "another agency",
    "ALL_AGENCIES": "all agencies",
}

_AUTHORITY = (
    r"(?:judges?|m(?:r|rs|s)\s+justice\s+\w+|lord\s+justice\s+\w+|sheriffs?|recorder|coroners?|courts?|tribunals?"
    r"|jury|jurors|inspectors?|inspection|inspectorate|ofsted|ciw|cqc|estyn|ombudsman|review(?:ers?)?|report"
    r"|inquiry|panels?|watchdog|regulator|auditors?|audit)"
)
_FOUND = re.compile(
    rf"\b{_AUTHORITY}(?:\s+(?:has|had|have|also|later|today|published\s+\w+))?\s+(?:found|finds?|ruled|rules"
    r"|concluded|concludes|said|says|say|held|holds|judged|criticis\w+|praised|praises)\b"
    r"|\b(?:struck\s+off|removed\s+from\s+the\s+register|(?:was|were)\s+found\s+(?:guilty|to\s+have)"
    r"|(?:was|were|is|had\s+been|been)\s+unlawful|unlawfully)\b"
    r"|\b(?:rated|judged|graded)\s+\W?(?:inadequate|requires|outstanding|good)\b",
    re.IGNORECASE,
)
_ALLEGED = re.compile(
    r"\b(?:alleg\w+|accus\w+|den(?:y|ies|ied)|claim(?:s|ed)?\s+(?:that|the|they|she|he|it|their|her|his|social|council)"
    r"|(?:court|inquest|tribunal|panel|inquiry|jury|hearing|judge|magistrates?)(?:\s+\w+)?(?:\s+(?:was|is|were))?"
    r"\s+(?:heard|hears?|told)|lawyers?\s+for|whistleblowers?|reportedly|leaked)\b",
    re.IGNORECASE,
)
_ADMITTED = re.compile(
    r"\b(?:apologis\w+|sa(?:ys|id)\s+sorry|admit(?:s|ted)?|conced\w+|we\s+should\s+have)\b", re.IGNORECASE
)
_REFUTES = re.compile(
    r"\b(?:(?:council|authority|trust|services|workers?|department|bosses|chiefs|director|leader|spokes\w+|union)"
    r"\s+den(?:y|ies|ied)|den(?:y|ies|ied)\s+(?:the\s+|any\s+|all\s+)?(?:claim|allegation|accusation|failing"
    r"|wrongdoing|that|it|this|blame)s?|refut\w+|rebut\w*|reject\w*\s+(?:the\s+)?(?:claim|allegation|accusation)s?|cleared"
    r"|exonerat\w+|vindicat\w+|acquitted|no\s+case\s+to\s+answer|not\s+to\s+blame|wrongly\s+(?:accused|blamed)"
    r"|falsely\s+accused|false\s+(?:claim|allegation|accusation)s?|untrue|unfounded|corrections?\s+and\s+"
    r"clarifications?|clarification|apologis\w+\s+for\s+(?:the\s+|its\s+|our\s+)?(?:report|story|article|error)"
    r"|overturned|quashed|found\s+no\s+(?:evidence|fault|failings?))\b",
    re.IGNORECASE,
)


def claim_sentence(story: Story, names: Mapping[str, FrameText]) -> str:
    """Return what is known of a story's claim, and from whom; empty where that is nothing."""
    if story.said is not None:
        return _coded(story, story.said, names)
    told = story.frames and is_finding(f"{story.title}. {story.evidence or story.summary}")
    return "Claim: a finding (by rule, from its words)." if told else ""


def _coded(story: Story, said: Said, names: Mapping[str, FrameText]) -> str:
    if not said.relevant:
        return "Coded by people: not about social work."
    frames = [short_name(names[frame]) for frame in said.frames if frame in names]
    parts = [f"frames {', '.join(frames) or 'none'}"] if set(said.frames) != set(story.frames) else []
    parts += [f"claim {STATUSES[said.status]}"] if said.status in STATUSES else []
    parts += [f"aimed at {_listed(said.target)}"] if said.target else []
    parts += [] if said.reply is None else [f"right of reply {'given' if said.reply else 'not given'}"]
    return f"Coded by people: {'; '.join(parts)}." if parts else ""


def _listed(targets: tuple[str, ...]) -> str:
    words = [TARGETS.get(target, target.replace("_", " ").lower()) for target in targets]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def is_finding(text: str) -> bool:
    """Return whether the words say that an authority found something, and nothing to the contrary."""
    against = (_ALLEGED, _ADMITTED, _REFUTES)
    return bool(_FOUND.search(text)) and not any(words.search(text) for words in against)


def refutes(story: Story) -> bool:
    """Return whether the words of a story deny, clear or correct."""
    return bool(_REFUTES.search(f"{story.title}. {story.summary} {story.evidence}"))
