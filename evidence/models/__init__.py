"""What was found and how far it can be trusted. Fields, constraints and names; writes happen in evidence.services."""

from evidence.models.access_token import AccessToken
from evidence.models.adjudication import Adjudication, ExtractionPolicy
from evidence.models.adverse_event import AdverseEvent
from evidence.models.assignment import Assignment
from evidence.models.author_contact import AuthorContact
from evidence.models.base import EvidenceQuerySet, EvidenceRow, Sourced
from evidence.models.batch import ChangeBatch
from evidence.models.characteristic import Characteristic, CharacteristicField
from evidence.models.doubt_answer import DoubtAnswer
from evidence.models.extraction import Arm, Extraction, InterventionComponent
from evidence.models.extraction_form import ExtractionForm, FormDraft
from evidence.models.flow import FlowCount, SearchRound
from evidence.models.kept_answer import KeptAnswer
from evidence.models.likeness import DoubtfulPair, StudyPair
from evidence.models.outcome import Direction, FollowUpWindow, Instrument, Outcome
from evidence.models.presence import EditingMark
from evidence.models.record import Record, RecordText, SearchSource
from evidence.models.result import ArmResult, ContrastResult, PrintedResult, Settlement, Sign, ValueKind
from evidence.models.review import Membership, Review
from evidence.models.review_tool import ReviewTool
from evidence.models.risk_of_bias import Assessment, Judgement
from evidence.models.screening import ScreeningDecision, ScreeningRanking, ScreeningState, ScreeningTicket
from evidence.models.screening_policy import ExclusionReason, ScreeningPolicy
from evidence.models.security_event import SecurityEvent
from evidence.models.signalling import AssessmentDecision, SignallingAnswer
from evidence.models.study import Report, Study
from evidence.models.upload import Upload
from evidence.models.vocabulary import ComparatorType, ComponentType

__all__ = [
    "AccessToken",
    "Adjudication",
    "AdverseEvent",
    "Arm",
    "ArmResult",
    "Assessment",
    "AssessmentDecision",
    "Assignment",
    "AuthorContact",
    "ChangeBatch",
    "Characteristic",
    "CharacteristicField",
    "ComparatorType",
    "ComponentType",
    "ContrastResult",
    "Direction",
    "DoubtAnswer",
    "DoubtfulPair",
    "EditingMark",
    "EvidenceQuerySet",
    "EvidenceRow",
    "ExclusionReason",
    "Extraction",
    "ExtractionForm",
    "ExtractionPolicy",
    "FlowCount",
    "FollowUpWindow",
    "FormDraft",
    "Instrument",
    "InterventionComponent",
    "Judgement",
    "KeptAnswer",
    "Membership",
    "Outcome",
    "PrintedResult",
    "Record",
    "RecordText",
    "Report",
    "Review",
    "ReviewTool",
    "ScreeningDecision",
    "ScreeningPolicy",
    "ScreeningRanking",
    "ScreeningState",
    "ScreeningTicket",
    "SearchRound",
    "SearchSource",
    "SecurityEvent",
    "Settlement",
    "Sign",
    "SignallingAnswer",
    "Sourced",
    "Study",
    "StudyPair",
    "Upload",
    "ValueKind",
]
