"""One case for each constraint of the evidence: a row that is valid, and values that break the rule."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from itertools import starmap
from typing import Any

from django.apps import apps
from django.core.exceptions import NON_FIELD_ERRORS
from django.db import models
from django.utils import timezone

from evidence.models import EvidenceRow
from tests import factories as make
from tests import teamwork_factories as make_teamwork
from tests.evidence.screening import constraint_cases as screening_cases


@dataclass(frozen=True)
class Check:
    """Values that break one check constraint of a row that is valid without them."""

    name: str
    make: Callable[[], EvidenceRow]
    bad: dict[str, Any]
    at: str
    says: str

    def break_rule(self) -> tuple[EvidenceRow, dict[str, Any]]:
        """Give a valid row and the values that break the rule."""
        return self.make(), {name: value() if callable(value) else value for name, value in self.bad.items()}


@dataclass(frozen=True)
class Unique:
    """A maker of two rows, of which the second then takes the values that must be there once."""

    name: str
    make: Callable[[], EvidenceRow]
    says: str
    also: tuple[str, ...] = field(default=())
    at: str = NON_FIELD_ERRORS

    def break_rule(self) -> tuple[EvidenceRow, dict[str, Any]]:
        """Give the second row and the values of the first that it must not have."""
        first, second = self.make(), self.make()
        fields = (*constraints()[self.name][1].fields, *self.also)
        return second, {name: getattr(first, name) for name in fields}


def constraints() -> dict[str, tuple[type[models.Model], Any]]:
    """Give every constraint of every evidence model, by name, with its model."""
    rows = [model for model in apps.get_app_config("evidence").get_models() if issubclass(model, EvidenceRow)]
    return {constraint.name: (model, constraint) for model in rows for constraint in model._meta.constraints}


def make_outcome_assessment(*, consensus: bool) -> EvidenceRow:
    """Make an assessment that holds for one outcome."""
    study = make.make_study()
    return make.make_assessment(study, consensus=consensus, outcome=make.make_outcome(study.review))


def make_numbered_arm() -> EvidenceRow:
    """Make an arm whose number and label no other arm has."""
    number = make.next_number()
    return make.make_arm(number=number, label=f"Arm {number}")


make_doi_report = partial(make.make_report, doi="10.1000/182")
make_own_assessment = partial(make.make_assessment, consensus=False)
make_choice_field = partial(make.make_characteristic_field, kind="choice", choices="inpatient\noutpatient")

VOCABULARY = [
    Check("study_year_plausible", make.make_study, {"year": 1815}, "year", "between 1900 and 2100"),
    Check("report_pmid_digits", make.make_report, {"pmid": "PMC123"}, "pmid", "digits only"),
    Check("searchround_number_from_one", make.make_search_round, {"number": 0}, "number", "numbered from 1"),
    Check(
        "outcome_scale_min_with_scale_max",
        make.make_outcome,
        {"scale_max": None},
        NON_FIELD_ERRORS,
        "both ends of the common scale",
    ),
    Check("outcome_scale_rises", make.make_outcome, {"scale_min": 10}, "scale_max", "must be above its lowest value"),
    Check("outcome_mcid_between_positive", make.make_outcome, {"mcid_between": 0}, "mcid_between", "above 0"),
    Check("outcome_mcid_within_positive", make.make_outcome, {"mcid_within": -2}, "mcid_within", "above 0"),
    Check("window_from_week_not_negative", make.make_window, {"from_week": -1}, "from_week", "below 0"),
    Check("window_target_inside", make.make_window, {"target_week": 19}, "target_week", "between the first and the"),
    Check("window_rises", make.make_window, {"from_week": 12, "to_week": 12}, "to_week", "after its first week"),
    Check(
        "instrument_scale_min_with_scale_max",
        make.make_instrument,
        {"scale_min": None},
        NON_FIELD_ERRORS,
        "both ends of the scale",
    ),
    Check("instrument_score_step_positive", make.make_instrument, {"score_step": 0}, "score_step", "must be above 0"),
    Check("instrument_item_count_positive", make.make_instrument, {"item_count": 0}, "item_count", "must be above 0"),
    Check("doubtanswer_has_a_reason", make.make_doubt_answer, {"reason": ""}, "reason", "Say why the numbers"),
    Check("instrument_scale_rises", make.make_instrument, {"scale_max": 0}, "scale_max", "above the lowest possible"),
    Check(
        "characteristicfield_range_rises",
        make.make_characteristic_field,
        {"minimum": 5, "maximum": 5},
        "maximum",
        "must be above the minimum",
    ),
    Check(
        "characteristicfield_choices_for_lists",
        make.make_characteristic_field,
        {"choices": "yes\nno"},
        "choices",
        "only such a one has them",
    ),
]
EXTRACTION = [
    Check(
        "extraction_reviewer_or_consensus",
        make.make_extraction,
        {"reviewer": make.make_user},
        "reviewer",
        "either to one reviewer or to the consensus",
    ),
    Check(
        "extraction_completed_at_with_completed_by",
        make.make_extraction,
        {"status": "complete", "completed_at": timezone.now},
        NON_FIELD_ERRORS,
        "who completed it, and when",
    ),
    Check(
        "extraction_complete_is_stamped",
        make.make_extraction,
        {"status": "complete"},
        "status",
        "carries the time of its completion",
    ),
    Check("arm_n_randomised_positive", make.make_arm, {"n_randomised": 0}, "n_randomised", "above 0"),
    Check(
        "arm_comparator_has_type",
        make.make_arm,
        {"role": "comparator"},
        "comparator_type",
        "A comparator arm needs a comparator type",
    ),
    Check("component_weeks_positive", make.make_component, {"weeks": 0}, "weeks", "above 0"),
    Check(
        "component_sessions_plausible",
        make.make_component,
        {"sessions_per_week": 101},
        "sessions_per_week",
        "between 0 and 100",
    ),
    Check("component_minutes_plausible", make.make_component, {"minutes": 1441}, "minutes", "between 0 and 1440"),
    Check(
        "characteristic_one_value",
        make.make_characteristic,
        {"text": "forty-five"},
        NON_FIELD_ERRORS,
        "exactly one value",
    ),
    Check(
        "adverseevent_participants_not_above_total",
        make.make_adverse_event,
        {"participants": 51},
        "participants",
        "more people with the event",
    ),
    Check(
        "adverseevent_related_not_above_events",
        make.make_adverse_event,
        {"related_events": 4},
        "related_events",
        "more treatment-related events",
    ),
    Check(
        "assessment_reviewer_or_consensus",
        make_own_assessment,
        {"is_consensus": True},
        "reviewer",
        "either to one reviewer or to the consensus",
    ),
    Check(
        "assessment_submitted_at_with_submitted_by",
        make_own_assessment,
        {"status": "submitted", "submitted_at": timezone.now},
        NON_FIELD_ERRORS,
        "Say who submitted it",
    ),
    Check(
        "assessment_submitted_is_stamped",
        make_own_assessment,
        {"status": "submitted"},
        "status",
        "carries the time of its submission",
    ),
    Check(
        "assessment_consensus_of_two",
        make.make_assessment,
        {"first": make_own_assessment},
        "first",
        "settled from two assessments",
    ),
    Check(
        "assessmentdecision_third_value_has_reason",
        make.make_assessment_decision,
        {"taken": "other"},
        "reason",
        "needs a reason",
    ),
    Check(
        "authorcontact_answered_at_with_answered_by",
        make.make_author_contact,
        {"answered_at": timezone.localdate, "status": "answered", "answer": "1.8"},
        NON_FIELD_ERRORS,
        "Say when the answer came",
    ),
    Check(
        "authorcontact_answer_after_question",
        make.make_author_contact,
        {
            "status": "answered",
            "answer": "1.8",
            "answered_by": make.make_user,
            "answered_at": lambda: timezone.localdate() - timedelta(days=1),
        },
        "answered_at",
        "before the question",
    ),
    Check(
        "authorcontact_answered_has_answer", make.make_author_contact, {"status": "answered"}, "answer", "its answer"
    ),
    Check(
        "judgement_departure_has_reason",
        make.make_judgement,
        {"domain": "overall", "proposed": "high"},
        "justification",
        "departs from what the tool's rule gives",
    ),
]
ARM_RESULT = [
    Check("armresult_n_positive", make.make_arm_result, {"n": 0}, "n", "above 0"),
    Check("armresult_sd_positive", make.make_arm_result, {"sd": 0}, "sd", "The SD must be above 0"),
    Check("armresult_se_positive", make.make_arm_result, {"se": -1}, "se", "The SE must be above 0"),
    Check("armresult_week_not_negative", make.make_arm_result, {"week": -1}, "week", "below 0"),
    Check("armresult_events_not_negative", make.make_arm_result, {"events": -1}, "events", "below 0"),
    Check("armresult_total_positive", make.make_arm_result, {"total": 0}, "total", "above 0"),
    Check(
        "armresult_events_not_above_total",
        make.make_arm_result,
        {"events": 11, "total": 10},
        "events",
        "more events than participants",
    ),
    Check("armresult_percent_range", make.make_arm_result, {"percent": 101}, "percent", "between 0 and 100"),
    Check("armresult_ci_level_fraction", make.make_arm_result, {"ci_level": 95}, "ci_level", "has level 0.95"),
    Check(
        "armresult_ci_rises",
        make.make_arm_result,
        {"mean": None, "median": 3, "ci_lower": 5, "ci_upper": 1},
        "ci_upper",
        "must not be below its lower limit",
    ),
    Check(
        "armresult_inside_own_ci",
        make.make_arm_result,
        {"ci_lower": 4, "ci_upper": 5},
        "mean",
        "lies outside its own confidence interval",
    ),
    Check("armresult_has_a_value", make.make_arm_result, {"mean": None}, "mean", "needs a mean, a median"),
]
CONTRAST = [
    Check("contrast_standard_error_positive", make.make_contrast_result, {"standard_error": 0}, "standard_error", "0"),
    Check("contrast_week_not_negative", make.make_contrast_result, {"week": -1}, "week", "below 0"),
    Check("contrast_n_first_positive", make.make_contrast_result, {"n_first": 0}, "n_first", "above 0"),
    Check("contrast_n_second_positive", make.make_contrast_result, {"n_second": 0}, "n_second", "above 0"),
    Check("contrast_p_range", make.make_contrast_result, {"p_value": 5}, "p_value", "between 0 and 1"),
    Check("contrast_ci_level_fraction", make.make_contrast_result, {"ci_level": 95}, "ci_level", "has level 0.95"),
    Check(
        "contrast_ci_rises",
        make.make_contrast_result,
        {"estimate": None, "t_value": 2, "ci_lower": 1},
        "ci_upper",
        "must not be below its lower limit",
    ),
    Check(
        "contrast_inside_own_ci",
        make.make_contrast_result,
        {"estimate": 1},
        "estimate",
        "lies outside its own confidence interval",
    ),
    Check("contrast_ratio_positive", make.make_contrast_result, {"measure": "OR"}, "estimate", "not its logarithm"),
    Check(
        "contrast_has_a_value",
        make.make_contrast_result,
        {"estimate": None},
        "estimate",
        "needs an estimate, a t value or a p value",
    ),
    Check(
        "settlement_of_one_result", make.make_settlement, {"contrast_result": None}, "arm_result", "about one result"
    ),
    Check(
        "settlement_ci_rises",
        make.make_settlement,
        {"ci_lower": 0, "ci_upper": -2},
        "ci_upper",
        "must not be below its lower limit",
    ),
    Check(
        "settlement_inside_own_ci",
        make.make_settlement,
        {"ci_lower": 0, "ci_upper": 2},
        "value",
        "must lie inside the settled confidence interval",
    ),
]
# The rules whose bad value is the row itself, or is refused as empty before the rule is asked.
SPECIAL = {
    *("study_not_its_own_companion", "record_not_its_own_duplicate"),
    *("contrast_two_different_arms", "settlement_has_a_reason"),
}

ONCE = [
    Unique("membership_once_per_person", make.make_membership, "already a member of the review"),
    Unique("study_code_once", make.make_study, "already has a study with this short name"),
    Unique("report_one_primary_per_study", partial(make.make_report, is_primary=True), "already has a main report"),
    Unique("report_doi_once_per_study", make_doi_report, "already has a report with this DOI"),
    Unique("comparatortype_code_once", make.make_comparator_type, "already has a comparator type with this code"),
    Unique("componenttype_code_once", make.make_component_type, "already has an intervention component with this"),
    Unique("searchround_number_once", make.make_search_round, "already has a search round with this number"),
    Unique("flowcount_once", make.make_flow_count, "already counted for the stage and reason"),
    Unique("outcome_code_once", make.make_outcome, "already has an outcome with this code"),
    Unique("window_code_once", make.make_window, "already has a follow-up window with this code"),
    Unique("doubtanswer_once", make.make_doubt_answer, "This question is answered already"),
    Unique("instrument_code_once", make.make_instrument, "already has an instrument with this code"),
    Unique("characteristicfield_code_once", make_choice_field, "already has a characteristic with this code"),
    Unique("extraction_one_consensus_per_study", make.make_extraction, "already has a consensus extraction"),
    Unique(
        "extraction_once_per_reviewer",
        partial(make.make_extraction, consensus=False),
        "already has an extraction of the study",
    ),
    Unique("arm_number_once", make_numbered_arm, "the same number"),
    Unique("arm_label_once", make_numbered_arm, "the same label"),
    Unique("component_once_per_arm", make.make_component, "already has this component"),
    Unique("characteristic_once", make.make_characteristic, "already entered"),
    Unique("armresult_once", make.make_arm_result, "with this instrument at this week"),
    Unique(
        "armresult_once_without_week", partial(make.make_arm_result, week=None), "with this instrument at this time"
    ),
    Unique("contrast_once", make.make_contrast_result, "the instrument, week and measure", also=("extraction",)),
    Unique(
        "contrast_once_without_week",
        partial(make.make_contrast_result, week=None),
        "the instrument, time and measure",
        also=("extraction",),
    ),
    Unique("assessment_one_consensus_per_study", make.make_assessment, "already has a consensus assessment with this"),
    Unique(
        "assessment_one_consensus_per_outcome",
        partial(make_outcome_assessment, consensus=True),
        "This outcome of the study already has a consensus",
    ),
    Unique("assessment_once_per_reviewer", make_own_assessment, "already assessed the study", also=("outcome",)),
    Unique(
        "assessment_once_per_reviewer_and_outcome",
        partial(make_outcome_assessment, consensus=False),
        "already assessed this outcome",
    ),
    Unique("judgement_once_per_domain", make.make_judgement, "already judged"),
    Unique("signallinganswer_once_per_question", make.make_signalling_answer, "already answered"),
    Unique("assessmentdecision_once_per_item", make.make_assessment_decision, "already decided"),
    Unique("reviewtool_version_once", make.make_review_tool, "already has this version"),
]
TEAMWORK = [
    Check("assignment_due_plausible", make_teamwork.make_assignment, {"due_on": date(1999, 1, 1)}, "due_on", "2000"),
    Unique("assignment_once", make_teamwork.make_assignment, "already asked to do this"),
    Check(
        "changebatch_undone_at_with_undone_by",
        make_teamwork.make_change_batch,
        {"undone_at": timezone.now, "undone_because": "twice"},
        NON_FIELD_ERRORS,
        "Say who undid it",
    ),
    Check(
        "changebatch_undone_because",
        make_teamwork.make_change_batch,
        {"undone_at": timezone.now, "undone_by": make.make_user},
        "undone_because",
        "Say why",
    ),
]
SCREENING = [*starmap(Check, screening_cases.BROKEN), *starmap(Unique, screening_cases.ONCE)]
CASES = [*VOCABULARY, *SCREENING, *TEAMWORK, *EXTRACTION, *ARM_RESULT, *CONTRAST, *ONCE]
