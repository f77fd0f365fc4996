"""The screens that review teams work in: Django's admin, narrowed to each person's reviews and roles."""

from evidence.admin import (
    assessments,
    batches,
    companions,
    comparing,
    doubts,
    extractions,
    flow,
    outcomes,
    presence,
    progress,
    reviews,
    screening,
    security_events,
    settlements,
    tokens,
    uploading,
    vocabulary,
)
from evidence.admin.study import admin as study

__all__ = [
    "assessments",
    "batches",
    "companions",
    "comparing",
    "doubts",
    "extractions",
    "flow",
    "outcomes",
    "presence",
    "progress",
    "reviews",
    "screening",
    "security_events",
    "settlements",
    "study",
    "tokens",
    "uploading",
    "vocabulary",
]
