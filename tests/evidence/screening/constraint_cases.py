"""Values that break the constraints of screening, and rows of which there is one: for the table of all constraints."""

from evidence.models import DoubtfulPair, Record, Report, Study, StudyPair
from tests.factories import make_report, make_study, make_study_pair, make_user
from tests.screening_factories import (
    make_doubtful_pair,
    make_duplicate,
    make_policy,
    make_reason,
    make_record,
    make_source,
)


def make_own_report() -> Report:
    """Make a report of a study of the review that the newest record belongs to."""
    return make_report(make_study(Record.objects.latest("pk").review))


def make_later_record() -> Record:
    """Make a record that came after those of the newest pair."""
    return make_record(DoubtfulPair.objects.latest("pk").review)


def make_later_study() -> Study:
    """Make a study that was entered after those of the newest pair."""
    return make_study(StudyPair.objects.latest("pk").review)


# Each: name of the constraint, what makes a valid row, what breaks it, at which field, and part of the sentence.
BROKEN = (
    ("doubtfulpair_in_order", make_doubtful_pair, {"first": make_later_record}, "second", "found first stands first"),
    (
        "doubtfulpair_answered_at_with_answered_by",
        make_doubtful_pair,
        {"answered_by": make_user},
        "__all__",
        "Say who answered",
    ),
    (
        "doubtfulpair_answer_is_stamped",
        make_doubtful_pair,
        {"answer": "distinct"},
        "answer",
        "An answer carries its time",
    ),
    ("studypair_in_order", make_study_pair, {"first": make_later_study}, "second", "entered first stands first"),
    ("record_has_a_title", make_record, {"title": ""}, "title", "needs a title"),
    ("record_year_plausible", make_record, {"year": 1066}, "year", "between 1500 and 2100"),
    (
        "record_duplicate_is_no_report",
        make_duplicate,
        {"report": make_own_report},
        "report",
        "A duplicate is not a report",
    ),
    (
        "exclusionreason_retrieval_is_of_full_texts",
        make_reason,
        {"means_not_retrieved": True},
        "means_not_retrieved",
        "Only full texts are retrieved",
    ),
    (
        "screeningpolicy_title_abstract_share",
        make_policy,
        {"title_abstract_share": 101},
        "title_abstract_share",
        "between 0 and 100 percent",
    ),
    (
        "screeningpolicy_full_text_share",
        make_policy,
        {"full_text_share": 101},
        "full_text_share",
        "between 0 and 100 percent",
    ),
)
ONCE = (
    ("doubtfulpair_once", make_doubtful_pair, "are a pair already", ("review",)),
    ("studypair_once", make_study_pair, "are a pair already", ("review",)),
    ("searchsource_once_per_round", make_source, "already has this database"),
    ("exclusionreason_code_once", make_reason, "reason with this short name"),
    ("exclusionreason_name_once", make_reason, "reason with this name"),
)
