"""Which records are one document, and which studies one trial: plain values in, proposals with reasons out."""

from evidence.likeness.citation import Citation, Plain, plainly
from evidence.likeness.companions import CompanionProposal, StudyFacts, propose_companions
from evidence.likeness.duplicates import Found, Pair, find_duplicates
from evidence.likeness.judging import Judgement, Verdict, judge
from evidence.likeness.registers import registrations_in

__all__ = [
    "Citation",
    "CompanionProposal",
    "Found",
    "Judgement",
    "Pair",
    "Plain",
    "StudyFacts",
    "Verdict",
    "find_duplicates",
    "judge",
    "plainly",
    "propose_companions",
    "registrations_in",
]
