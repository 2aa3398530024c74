"""What trend finds and report tells of it; frozen values beside those of ``monitor.types``."""

from monitor.findings.beside import Indicator, IndicatorPoint, LaggedCorrelation, MentionRatio
from monitor.findings.breaks import BreakSearch, CandidateBreak, NearbyEvent, Outbreak, OutbreakVerdict
from monitor.findings.events import (
    EventStudy,
    EventVerdict,
    Family,
    FrameEffect,
    HalfLife,
    Neighbours,
    PlaceboResult,
    SecondOpinion,
    VolumeEffect,
)
from monitor.findings.week import Comparison, Findings, Tone, Verdict, Volume

__all__ = [
    "BreakSearch",
    "CandidateBreak",
    "Comparison",
    "EventStudy",
    "EventVerdict",
    "Family",
    "Findings",
    "FrameEffect",
    "HalfLife",
    "Indicator",
    "IndicatorPoint",
    "LaggedCorrelation",
    "MentionRatio",
    "NearbyEvent",
    "Neighbours",
    "Outbreak",
    "OutbreakVerdict",
    "PlaceboResult",
    "SecondOpinion",
    "Tone",
    "Verdict",
    "Volume",
    "VolumeEffect",
]
