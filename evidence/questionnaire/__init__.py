"""The review's own questions: what fits them, and what a new version of them does to the answers."""

from evidence.questionnaire.questions import (
    Answer,
    Misfit,
    Question,
    Type,
    convert,
    from_text,
    misfit,
    read_answer,
    to_text,
)
from evidence.questionnaire.versions import Change, Fate, Fated, QuestionChange, fate_of, preview

__all__ = [
    "Answer",
    "Change",
    "Fate",
    "Fated",
    "Misfit",
    "Question",
    "QuestionChange",
    "Type",
    "convert",
    "fate_of",
    "from_text",
    "misfit",
    "preview",
    "read_answer",
    "to_text",
]
