"""Screening: records come in, are handed out, answered, settled and counted."""

from evidence.services.screening.adding import (
    Added,
    Arrival,
    Arrived,
    Progress,
    add_records,
    correct_record,
    mark_duplicate,
)
from evidence.services.screening.adjudicating import WasReader, adjudicate, conflicts
from evidence.services.screening.arriving import fold
from evidence.services.screening.deciding import Given, decide, decide_many, undo, undo_batch
from evidence.services.screening.deduplicating import (
    Deduplicated,
    Proposed,
    answer_pair,
    answered_pairs,
    deduplicate,
    last_answer,
    propose_duplicates,
    take_back,
    waiting_pairs,
)
from evidence.services.screening.flow import count_flow, fill_flow
from evidence.services.screening.handing_out import next_record, skip
from evidence.services.screening.including import link_to_study, make_study, proposed_names, unlink_from_study
from evidence.services.screening.policies import set_policy
from evidence.services.screening.queueing import policy_of
from evidence.services.screening.ranking import (
    Settled,
    Text,
    order_since,
    put_ranks,
    read_texts,
    screened_count,
    settled_counts,
    settled_in_order,
)
from evidence.services.screening.standing import (
    FirstAnswer,
    StageStanding,
    answered_today,
    count_stages,
    first_answers,
    left_for,
    read_standing,
    readable_decisions,
    recent_batches,
    screeners_of,
)

__all__ = [
    "Added",
    "Arrival",
    "Arrived",
    "Deduplicated",
    "FirstAnswer",
    "Given",
    "Progress",
    "Proposed",
    "Settled",
    "StageStanding",
    "Text",
    "WasReader",
    "add_records",
    "adjudicate",
    "answer_pair",
    "answered_pairs",
    "answered_today",
    "conflicts",
    "correct_record",
    "count_flow",
    "count_stages",
    "decide",
    "decide_many",
    "deduplicate",
    "fill_flow",
    "first_answers",
    "fold",
    "last_answer",
    "left_for",
    "link_to_study",
    "make_study",
    "mark_duplicate",
    "next_record",
    "order_since",
    "policy_of",
    "propose_duplicates",
    "proposed_names",
    "put_ranks",
    "read_standing",
    "read_texts",
    "readable_decisions",
    "recent_batches",
    "screened_count",
    "screeners_of",
    "set_policy",
    "settled_counts",
    "settled_in_order",
    "skip",
    "take_back",
    "undo",
    "undo_batch",
    "unlink_from_study",
    "waiting_pairs",
]
