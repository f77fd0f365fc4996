"""What was found and how far it can be trusted. Fields, constraints and names; writes happen in evidence.services."""

from evidence.models.adverse_event import AdverseEvent
from evidence.models.base import EvidenceQuerySet, EvidenceRow, Sourced
from evidence.models.characteristic import Characteristic, CharacteristicField
from evidence.models.extraction import Arm, Extraction, InterventionComponent
from evidence.models.flow import FlowCount, SearchRound
from evidence.models.outcome import Direction, FollowUpWindow, Instrument, Outcome
from evidence.models.presence import EditingMark
from evidence.models.result import ArmResult, ContrastResult, PrintedResult, Settlement, Sign, ValueKind
from evidence.models.review import Membership, Review
from evidence.models.risk_of_bias import Assessment, Judgement
from evidence.models.study import Report, Study
from evidence.models.vocabulary import ComparatorType, ComponentType

__all__ = [
    "AdverseEvent",
    "Arm",
    "ArmResult",
    "Assessment",
    "Characteristic",
    "CharacteristicField",
    "ComparatorType",
    "ComponentType",
    "ContrastResult",
    "Direction",
    "EditingMark",
    "EvidenceQuerySet",
    "EvidenceRow",
    "Extraction",
    "FlowCount",
    "FollowUpWindow",
    "Instrument",
    "InterventionComponent",
    "Judgement",
    "Membership",
    "Outcome",
    "PrintedResult",
    "Report",
    "Review",
    "SearchRound",
    "Settlement",
    "Sign",
    "Sourced",
    "Study",
    "ValueKind",
]
