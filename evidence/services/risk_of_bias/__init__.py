"""Assessing risk of bias: two readers answer independently, an adjudicator settles what differs."""

from evidence.services.risk_of_bias.answering import GivenAnswer, assess, start_assessment
from evidence.services.risk_of_bias.settling import (
    Choice,
    begin_adjudication,
    decide_differences,
    settle_assessments,
)
from evidence.services.risk_of_bias.submitting import missing_of, reopen_assessment, submit_assessment

__all__ = [
    "Choice",
    "GivenAnswer",
    "assess",
    "begin_adjudication",
    "decide_differences",
    "missing_of",
    "reopen_assessment",
    "settle_assessments",
    "start_assessment",
    "submit_assessment",
]
