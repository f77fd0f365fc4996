"""What a person may ask of the evidence. Every write goes through here: keyword-only, actor first, all or nothing."""

from evidence.services.acting import one_act
from evidence.services.contacting import ask_authors, note_answer, stop_asking
from evidence.services.doubting import answer_doubt, ask_again
from evidence.services.extracting import (
    complete_extraction,
    give_up_reading,
    open_extraction,
    reopen_extraction,
)
from evidence.services.extraction import (
    adopt_reading,
    build_consensus,
    compare_readings,
    match_arms,
    take,
    take_all_equal,
    take_many,
)
from evidence.services.forming import discard_draft, publish_form, save_draft
from evidence.services.judging import judge, open_assessment
from evidence.services.recording import create_review, record, record_many, remove
from evidence.services.risk_of_bias import (
    GivenAnswer,
    assess,
    begin_adjudication,
    decide_differences,
    reopen_assessment,
    settle_assessments,
    start_assessment,
    submit_assessment,
)
from evidence.services.settling import settle
from evidence.services.undoing import undo

__all__ = [
    "GivenAnswer",
    "adopt_reading",
    "answer_doubt",
    "ask_again",
    "ask_authors",
    "assess",
    "begin_adjudication",
    "build_consensus",
    "compare_readings",
    "complete_extraction",
    "create_review",
    "decide_differences",
    "discard_draft",
    "give_up_reading",
    "judge",
    "match_arms",
    "note_answer",
    "one_act",
    "open_assessment",
    "open_extraction",
    "publish_form",
    "record",
    "record_many",
    "remove",
    "reopen_assessment",
    "reopen_extraction",
    "save_draft",
    "settle",
    "settle_assessments",
    "start_assessment",
    "stop_asking",
    "submit_assessment",
    "take",
    "take_all_equal",
    "take_many",
    "undo",
]
