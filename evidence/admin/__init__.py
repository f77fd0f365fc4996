"""The screens that review teams work in: Django's admin, narrowed to each person's reviews and roles."""

from evidence.admin import assessments, extractions, flow, outcomes, presence, reviews, settlements, vocabulary
from evidence.admin.study import admin as study

__all__ = [
    "assessments",
    "extractions",
    "flow",
    "outcomes",
    "presence",
    "reviews",
    "settlements",
    "study",
    "vocabulary",
]
