"""The claims of a manuscript and what is checked about them: arithmetic that knows how numbers are rounded; pure."""

from analysis.claims.checking import check_document
from analysis.claims.checks import CHECKS
from analysis.claims.claim import Claim, Place, Quantity
from analysis.claims.condition import BadCondition, read_condition
from analysis.claims.document import Assessed, Document, Rule
from analysis.claims.finding import Finding, Severity
from analysis.claims.printed import Printed, read_printed
from analysis.claims.relation import BadRelation, read_relations

__all__ = [
    "CHECKS",
    "Assessed",
    "BadCondition",
    "BadRelation",
    "Claim",
    "Document",
    "Finding",
    "Place",
    "Printed",
    "Quantity",
    "Rule",
    "Severity",
    "check_document",
    "read_condition",
    "read_printed",
    "read_relations",
]
