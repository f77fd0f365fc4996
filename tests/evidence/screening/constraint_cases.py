"""Values that break the constraints of screening, and rows of which there is one: for the table of all constraints."""

from evidence.models import Record, Report
from tests.factories import make_report, make_study
from tests.screening_factories import make_duplicate, make_policy, make_reason, make_record, make_source


def make_own_report() -> Report:
    """Make a report of a study of the review that the newest record belongs to."""
    return make_report(make_study(Record.objects.latest("pk").review))


# Each: name of the constraint, what makes a valid row, what breaks it, at which field, and part of the sentence.
BROKEN = (
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
    ("searchsource_once_per_round", make_source, "already has this database"),
    ("exclusionreason_code_once", make_reason, "reason with this short name"),
    ("exclusionreason_name_once", make_reason, "reason with this name"),
)
