"""Files that people send: kept outside of what is served, previewed, confirmed, and loaded by a process of its own."""

from evidence.uploading.answering import choices_of, read_answers
from evidence.uploading.keeping import clear_old
from evidence.uploading.limit import is_too_large, too_large
from evidence.uploading.progress import Stage, stage_of
from evidence.uploading.receiving import discard, receive
from evidence.uploading.starting import act_of, confirm, start_again
from evidence.uploading.telling import Told, told_of, words_for
from evidence.uploading.working import work

__all__ = [
    "Stage",
    "Told",
    "act_of",
    "choices_of",
    "clear_old",
    "confirm",
    "discard",
    "is_too_large",
    "read_answers",
    "receive",
    "stage_of",
    "start_again",
    "told_of",
    "too_large",
    "words_for",
    "work",
]
