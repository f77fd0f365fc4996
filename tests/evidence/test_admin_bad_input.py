"""Bad entries: each gets a sentence at its row and field, and nothing of the page is saved."""

from typing import Any

import pytest

from evidence.models import FollowUpWindow, Outcome, Study
from tests.evidence.admin_pages import (
    add_address,
    change_address,
    errors_at,
    errors_of_row,
    filled_in,
    listed_errors,
    member_client,
    two_arms,
)
from tests.factories import (
    make_arm,
    make_characteristic_field,
    make_comparator_type,
    make_contrast_result,
    make_extraction,
    make_instrument,
    make_outcome,
    make_review,
    make_study,
    make_window,
)

pytestmark = pytest.mark.django_db


class Page:
    """The page for a new study of a review with one instrument, and two arms filled in."""

    def __init__(self) -> None:
        self.review = make_review()
        self.client = member_client(self.review)
        self.instrument = make_instrument(make_outcome(self.review), name="NRS")
        self.arms = two_arms(make_comparator_type(self.review))

    def submit(self, **sets: Any) -> Any:
        fields = {name: sets.pop(name) for name in list(sets) if not isinstance(sets[name], list)}
        rows = {"arms": self.arms, **sets}
        return self.client.post(add_address(self.review), filled_in(self.review, rows, **fields))

    def result(self, **values: Any) -> dict[str, Any]:
        return {"arm_no": 1, "instrument": self.instrument.pk, "week": 12, "n": 35, "mean": "2.4", **values}

    def contrast(self, **values: Any) -> dict[str, Any]:
        keys = {"first_arm_no": 1, "second_arm_no": 2, "instrument": self.instrument.pk, "estimate": "1"}
        return {**keys, "week": 12, **values}


@pytest.fixture
def page() -> Page:
    return Page()


def assert_refused(response: Any, field_id: str, sentence: str, place: str) -> None:
    """The sentence stands at its field and, with section, row and field, in the list; nothing is saved."""
    assert response.status_code == 200
    assert errors_at(response, field_id) == [sentence]
    assert f"{place}: {sentence}" in listed_errors(response)
    assert Study.objects.count() == 0


@pytest.mark.parametrize(
    ("values", "field", "label", "sentence"),
    [
        ({"sd": "-1.8"}, "sd", "SD", "The SD must be above 0."),
        ({"sd": "big"}, "sd", "SD", "SD must be a number with a decimal point, such as 2.5."),
        ({"sd": "1,8"}, "sd", "SD", "SD must be a number with a decimal point, such as 2.5."),
        ({"n": "many"}, "n", "N", "N analysed must be a whole number, such as 30."),
        ({"n": "-3"}, "n", "N", "N analysed cannot be below 0."),
        (
            {"mean": "", "events": 9, "total": 8},
            "events",
            "Events",
            "There cannot be more events than participants in total.",
        ),
        (
            {"instrument": 999999},
            "instrument",
            "Instrument",
            "“999999” is not an instrument of this review that you can choose; take one from the list.",
        ),
        ({"instrument": ""}, "instrument", "Instrument", "Instrument is missing."),
        ({"arm_no": 4}, "arm_no", "Arm no.", "There is no arm 4 on this page; the arms are 1, 2."),
        ({"arm_no": ""}, "arm_no", "Arm no.", "Arm no. is missing."),
        (
            {"ci_lower": "3", "ci_upper": "1"},
            "ci_upper",
            "CI upper",
            "The CI's upper limit must not be below its lower limit.",
        ),
    ],
)
def test_a_bad_result_gets_its_sentence_at_its_row(
    page: Page, values: dict[str, Any], field: str, label: str, sentence: str
) -> None:
    response = page.submit(armresult=[page.result(), page.result(**{"arm_no": 2, **values})])

    assert_refused(response, f"id_armresult-1-{field}", sentence, f"Results of the arms, row 2, {label}")


def test_an_instrument_of_another_review_is_unknown(page: Page) -> None:
    other = make_instrument()

    response = page.submit(armresult=[page.result(instrument=other.pk)])

    sentence = f"“{other.pk}” is not an instrument of this review that you can choose; take one from the list."
    assert_refused(response, "id_armresult-0-instrument", sentence, "Results of the arms, row 1, Instrument")


def test_a_contrast_of_an_arm_with_itself_is_refused(page: Page) -> None:
    response = page.submit(contrasts=[page.contrast(second_arm_no=1)])

    sentence = "A contrast needs two different arms; both are arm 1."
    assert_refused(response, "id_contrasts-0-second_arm_no", sentence, "Results between arms, row 1, Against")


def test_an_estimate_outside_its_interval_is_asked_about_and_kept_if_printed_so(page: Page) -> None:
    odd = page.contrast(estimate="1", ci_lower="-2", ci_upper="0")

    response = page.submit(contrasts=[odd])
    assert "lies outside its own confidence interval" in errors_at(response, "id_contrasts-0-estimate")[0]
    assert "tick “printed so”" in errors_at(response, "id_contrasts-0-estimate")[0]
    assert Study.objects.count() == 0

    response = page.submit(contrasts=[{**odd, "is_printed_so": "on"}])
    assert response.status_code == 302
    assert Study.objects.get().extractions.get().contrasts.get().is_unsettled


def test_the_same_result_twice_is_refused_at_the_second_row(page: Page) -> None:
    response = page.submit(armresult=[page.result(), page.result(mean="9.9")])

    assert response.status_code == 200
    sentence = "The arm already has this kind of result with this instrument at this week. See row 1."
    assert errors_of_row(response, "armresult-1") == [sentence]
    assert Study.objects.count() == 0


def test_two_arms_with_one_number_are_refused(page: Page) -> None:
    page.arms[1]["number"] = 1

    response = page.submit()

    assert errors_of_row(response, "arms-1") == ["Two arms have the same number. See row 1."]
    assert Study.objects.count() == 0


def test_a_comparator_without_type_is_refused(page: Page) -> None:
    page.arms[1]["comparator_type"] = ""

    response = page.submit()

    sentence = "A comparator arm needs a comparator type, and only a comparator arm has one."
    assert_refused(response, "id_arms-1-comparator_type", sentence, "Arms, row 2, Comparator type")


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        ("number", "old", "Age must be a number with a decimal point, such as 2.5; not “old”."),
        ("number", "-1", "Age cannot be below 0; got −1."),
        ("flag", "perhaps", "Age must be yes or no; not “perhaps”."),
        ("choice", "c", "Age must be one of: a, b; not “c”."),
    ],
)
def test_a_characteristic_of_the_wrong_kind_is_refused(page: Page, kind: str, value: str, sentence: str) -> None:
    limits = {"number": {"minimum": 0}, "choice": {"choices": "a\nb"}}.get(kind, {})
    field = make_characteristic_field(page.review, name="Age", kind=kind, **limits)

    response = page.submit(characteristics=[{"field": field.pk, "value": value}])

    assert_refused(response, "id_characteristics-0-value", sentence, "Characteristics, row 1, Value")


def test_more_people_with_an_event_than_participants_are_refused(page: Page) -> None:
    response = page.submit(adverse_events=[{"term": "Flare", "participants": 9, "total": 8}])

    sentence = "There cannot be more people with the event than participants in total."
    assert_refused(response, "id_adverse_events-0-participants", sentence, "Adverse events, row 1, Participants")


def test_a_departure_from_the_tool_without_a_reason_is_refused(page: Page) -> None:
    domains = ("randomisation", "deviations", "missing_data", "measurement", "selection")
    levels = {f"rob-{domain}-judgement": "high" for domain in domains}

    response = page.submit(**levels, **{"rob-overall-judgement": "low"})

    assert (
        "gives “High” for these domains, not “Low”; say why" in errors_at(response, "id_rob-overall-justification")[0]
    )
    assert Study.objects.count() == 0


def test_a_judgement_that_the_tool_does_not_have_is_refused(page: Page) -> None:
    response = page.submit(**{"rob-selection-judgement": "unclear"})

    sentence = "RoB 2 has no judgement “unclear”; it has Low, Some concerns, High."
    assert errors_at(response, "id_rob-selection-judgement") == [sentence]
    assert Study.objects.count() == 0


def test_deleting_an_arm_that_a_contrast_needs_is_refused() -> None:
    study = make_study()
    first = make_arm(make_extraction(study))
    contrast = make_contrast_result(first)
    arms = [
        {"id": arm.pk, "number": arm.number, "label": arm.label, "role": arm.role, "comparator_type": kind}
        for arm, kind in ((first, ""), (contrast.second_arm, contrast.second_arm.comparator_type_id))
    ]
    arms[1]["DELETE"] = "on"
    row = {"first_arm_no": 1, "second_arm_no": 2, "instrument": contrast.instrument_id, "week": 12, "estimate": -1}
    sets = {"arms": arms, "contrasts": [{"id": contrast.pk, **row}]}

    response = member_client(study.review).post(
        change_address(study), filled_in(study.review, sets, {"arms": 2, "contrasts": 1}, label="Renamed")
    )

    sentence = "There is no arm 2 on this page; the only arm is 1."
    assert errors_at(response, "id_contrasts-0-second_arm_no") == [sentence]
    study.refresh_from_db()
    assert study.label != "Renamed"


def test_what_a_service_refuses_while_saving_comes_back_at_its_row(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.exceptions import ValidationError

    from evidence.admin import rows
    from evidence.models import ArmResult

    real = rows.record

    def refuse(*, by: Any, row: Any, reason: str = "") -> Any:
        if isinstance(row, ArmResult):
            raise ValidationError({"sd": "Somebody has just changed this SD."})
        return real(by=by, row=row, reason=reason)

    monkeypatch.setattr(rows, "record", refuse)
    response = page.submit(armresult=[page.result(sd="1.8")])

    sentence = "Somebody has just changed this SD."
    assert_refused(response, "id_armresult-0-sd", sentence, "Results of the arms, row 1, SD")


def outcome_page(windows: list[dict[str, Any]], **fields: Any) -> dict[str, str]:
    """Give what the outcome's page sends."""
    data = {"code": "pain", "name": "Pain", "direction": "lower", **fields}
    for name, rows in (("windows", windows), ("instruments", [])):
        data |= {f"{name}-TOTAL_FORMS": len(rows), f"{name}-INITIAL_FORMS": 0}
        for place, row in enumerate(rows):
            data |= {f"{name}-{place}-{field}": value for field, value in row.items()}
    return {name: str(value) for name, value in data.items()}


SHORT = {"code": "short", "name": "short-term", "target_week": 12, "from_week": 6, "to_week": 18}
MEDIUM = {"code": "medium", "name": "medium-term", "target_week": 20, "from_week": 17, "to_week": 30}
OVERLAP = "The window “medium-term” overlaps “short-term” in weeks 17 to 18; each week may belong to one window only."


def test_two_new_windows_that_overlap_are_refused() -> None:
    review = make_review()

    response = member_client(review).post(
        "/admin/evidence/outcome/add/", outcome_page([SHORT, MEDIUM], review=review.pk)
    )

    assert errors_at(response, "id_windows-1-from_week") == [OVERLAP]
    assert Outcome.objects.count() == 0


def test_a_new_window_that_overlaps_a_saved_one_is_refused() -> None:
    outcome = make_outcome()
    make_window(outcome, **SHORT)

    response = member_client(outcome.review).post(
        "/admin/evidence/followupwindow/add/", {"outcome": outcome.pk, **MEDIUM}
    )

    assert errors_at(response, "id_from_week") == [OVERLAP]
    assert FollowUpWindow.objects.count() == 1


def test_text_in_a_scale_is_refused() -> None:
    review = make_review()

    response = member_client(review).post(
        "/admin/evidence/outcome/add/", outcome_page([], review=review.pk, scale_min="none", scale_max=10)
    )

    assert errors_at(response, "id_scale_min") == [
        "Lowest value of the common scale must be a number with a decimal point, such as 2.5."
    ]
