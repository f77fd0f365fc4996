"""What a person may ask of the evidence. Every write goes through here: keyword-only, actor first, all or nothing."""

from evidence.services.extracting import complete_extraction, open_extraction, reopen_extraction
from evidence.services.judging import judge, open_assessment
from evidence.services.recording import create_review, record, remove
from evidence.services.settling import settle

__all__ = [
    "complete_extraction",
    "create_review",
    "judge",
    "open_assessment",
    "open_extraction",
    "record",
    "remove",
    "reopen_extraction",
    "settle",
]
