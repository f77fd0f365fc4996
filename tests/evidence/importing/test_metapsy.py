"""Databases in the Metapsy data standard: small ones of all kinds, and what is left out is told."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User

from evidence.models import Arm, ArmResult, ContrastResult, FollowUpWindow, Instrument, Judgement, Report, Review, Study
from tests.evidence.importing.asked import ask, changed, sentences
from tests.evidence.importing.comparisons import load, means, put, row
from tests.factories import make_membership, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return make_user("ann")


@pytest.fixture
def review(owner: User) -> Review:
    return make_membership(user=owner).review


@pytest.mark.parametrize(("separator", "decimal"), [(";", ","), (",", "."), ("\t", ".")])
def test_means_are_read_with_any_separator_and_decimal_mark(tmp_path, review, owner, separator, decimal):
    path = put(tmp_path / "d.csv", [row(**means(10.25, 14.5))], separator=separator, decimal=decimal)

    result = ask("metapsy", path, review, owner, outcome="Depression")

    assert (result.is_saved, sentences(result)) == (True, [])
    found = ArmResult.objects.order_by("arm__number").values_list("mean", "sd", "n", "week", "time_as_printed")
    assert list(found) == [
        (Decimal("10.25"), Decimal("5.5"), 30, Decimal(8), "post"),
        (Decimal("14.5"), Decimal("5.5"), 30, Decimal(8), "post"),
    ]
    assert [(arm.label, arm.role) for arm in Arm.objects.order_by("number")] == [
        ("cbt", "experimental"),
        ("wl", "comparator"),
    ]
    instrument = Instrument.objects.get()
    assert (instrument.code, instrument.outcome.code, instrument.direction) == (
        "bdi-1-self-report",
        "depression",
        "lower",
    )
    assert FollowUpWindow.objects.get().outcome == instrument.outcome
    assert (Study.objects.get().code, Study.objects.get().year) == ("Abe-2010", 2010)


def test_second_load_changes_nothing(tmp_path, review, owner):
    rows = [row(**means(10.5, 14.5), sg=1, ac=0, ba="sr", itt=1, mean_age=40.5, full_ref="Abe A. A trial. 2010.")]
    load(tmp_path, review, owner, rows)

    again = load(tmp_path, review, owner, rows)

    assert changed(again) == {}
    assert again.act is None


def test_next_release_updates_values_and_weeks_and_lists_what_is_gone(tmp_path, review, owner):
    old = [row(**means(10.5, 14.5), time_weeks="NA"), row("Gone, 2001", **means(1.5, 2.5))]
    load(tmp_path, review, owner, old)

    result = load(
        tmp_path, review, owner, [row(**means(11.5, 14.5), time_weeks=26), row("New, 2020", **means(1.5, 2.5))]
    )

    assert result.rows["studies.csv"].only_in_database == 1
    assert "1 study of the review is only in the database, not in the file: Gone, 2001." in result.notes
    assert result.rows["arm_results.csv"].as_tuple()[:2] == (2, 2)
    found = ArmResult.objects.filter(arm__extraction__study__code="Abe-2010").order_by("arm__number")
    assert [(one.week, one.mean) for one in found] == [(26, Decimal("11.5")), (26, Decimal("14.5"))]


def test_earlier_release_without_weeks_leaves_known_weeks(tmp_path, review, owner):
    load(tmp_path, review, owner, [row(**means(10.5, 14.5), time_weeks=26)])

    again = load(tmp_path, review, owner, [row(**means(10.5, 14.5), time_weeks="NA")])

    assert changed(again) == {}


def test_week_after_treatment_can_be_answered(tmp_path, review, owner):
    result = load(tmp_path, review, owner, [row(**means(1.5, 2.5), time_weeks=0)], post_week="12")

    assert {one.week for one in ArmResult.objects.all()} == {12}
    assert not any("give no week" in note for note in result.notes)


def test_next_release_goes_under_the_only_outcome_without_being_told(tmp_path, review, owner):
    load(tmp_path, review, owner, [row(**means(1.5, 2.5))], outcome="Depression")

    load(tmp_path, review, owner, [row(**means(1.5, 2.5), instrument="phq-9")])

    assert set(Instrument.objects.values_list("outcome__code", flat=True)) == {"depression"}


def test_arms_keep_their_numbers_when_a_release_adds_one(tmp_path, review, owner):
    load(tmp_path, review, owner, [row(arms="cbt wl", **means(1.5, 2.5))])

    load(tmp_path, review, owner, [row(arms="ipt wl", **means(1.25, 2.5)), row(arms="cbt wl", **means(1.5, 2.5))])

    assert [(arm.number, arm.label) for arm in Arm.objects.order_by("number")] == [(1, "cbt"), (2, "wl"), (3, "ipt")]


def test_arms_of_one_treatment_are_told_apart_by_their_detail(tmp_path, review, owner):
    rows = [
        row(**means(1.5, 3.5), multi_arm1="i-cbt", multi_arm2="wl"),
        row(**means(2.5, 3.5), multi_arm1="group", multi_arm2="wl"),
        row(arms="cbt cbt", **means(1.5, 2.5), multi_arm1="i-cbt", multi_arm2="group"),
    ]

    result = load(tmp_path, review, owner, rows)

    assert sentences(result) == []
    found = Arm.objects.order_by("number").values_list("label", "role", "results__mean")
    assert list(found) == [
        ("cbt: i-cbt", "experimental", Decimal("1.5")),
        ("cbt: group", "experimental", Decimal("2.5")),
        ("wl", "comparator", Decimal("3.5")),
    ]


def test_contradicting_values_of_one_arm_are_both_refused(tmp_path, review, owner):
    rows = [row(**means(1.5, 3.5)), row(arms="ipt wl", **means(2.5, 3.25))]

    result = load(tmp_path, review, owner, rows)

    assert sentences(result) == [
        "data.csv line 2, column mean_arm2: 3.5 stands here and 3.25 in line 3, for the same arm, instrument and time; "
        "neither was taken.",
        "data.csv line 3, column mean_arm2: 3.25 stands here and 3.5 in line 2, for the same arm, instrument and time; "
        "neither was taken.",
    ]
    assert sorted(ArmResult.objects.values_list("mean", flat=True)) == [Decimal("1.5"), Decimal("2.5")]


def test_changes_events_and_baselines_are_read(tmp_path, review, owner):
    change = {
        f"{name}_change_arm{arm}": value for arm in (1, 2) for name, value in (("mean", -3.5), ("sd", 2.5), ("n", 20))
    }
    start = {
        f"baseline_{name}_arm{arm}": value for arm in (1, 2) for name, value in (("mean", 20.5), ("sd", 4.5), ("n", 21))
    }
    events = {"event_arm1": 12, "event_arm2": 4, "totaln_arm1": 25, "totaln_arm2": 24}
    rows = [row(outcome_type="change", **change, **start), row(outcome_type="remission (cut-off)", **events)]

    result = load(tmp_path, review, owner, rows)

    assert sentences(result) == []
    assert set(ArmResult.objects.filter(value_kind="change").values_list("mean", "week")) == {(Decimal("-3.5"), 8)}
    assert set(ArmResult.objects.filter(week=0).values_list("mean", "sd", "n")) == {
        (Decimal("20.5"), Decimal("4.5"), 21)
    }
    counted = ArmResult.objects.filter(events__isnull=False).order_by("arm__number")
    assert [(one.events, one.total) for one in counted] == [(12, 25), (4, 24)]
    assert (counted[0].instrument.outcome.code, counted[0].instrument.kind) == ("remission", "dichotomous")
    assert counted[0].instrument.direction == "higher"


def test_events_of_which_nobody_knows_whether_they_are_good_are_refused_until_somebody_says(tmp_path, review, owner):
    events = {"event_arm1": 12, "event_arm2": 4, "totaln_arm1": 25, "totaln_arm2": 24}
    rows = [row(outcome_type="other dich (1 sd)", **events)]

    refused = load(tmp_path, review, owner, rows)
    told = load(tmp_path, review, owner, rows, directions="other dich (1 sd)=lower")

    assert "better or worse is not said" in sentences(refused)[0]
    assert sentences(told) == []
    assert Instrument.objects.get(kind="dichotomous").direction == "lower"


def test_effects_stand_in_where_a_row_has_nothing_else(tmp_path, review, owner):
    shown = [row(f"S{number}, 2000", **means(1.5, 2.5 + number), **{".g": 0.5, ".g_se": 0.25}) for number in range(3)]
    rows = [*shown, row("Only, 2001", n_arm1=20, n_arm2=22, precalc_g=0.75, precalc_g_se=0.2512345678)]

    load(tmp_path, review, owner, rows)

    found = ContrastResult.objects.get()
    assert (found.measure, found.estimate, found.standard_error) == ("SMD", Decimal("0.75"), Decimal("0.251235"))
    # Lower scores, and a positive g, in the rows with means: positive is better.
    assert (found.sign, found.n_first, found.n_second) == ("benefit", 20, 22)


def test_sign_of_effects_is_not_guessed(tmp_path, review, owner):
    load(tmp_path, review, owner, [row(precalc_g=0.75, precalc_g_se=0.25)])

    assert ContrastResult.objects.get().sign == "not_stated"


def test_log_risk_ratio_becomes_a_ratio_with_its_interval(tmp_path, review, owner):
    load(tmp_path, review, owner, [row(outcome_type="response", precalc_log_rr=0.5, precalc_log_rr_se=0.25)])

    found = ContrastResult.objects.get()
    assert (found.measure, found.estimate) == ("RR", Decimal("1.648721"))
    assert (found.ci_lower, found.ci_upper) == (Decimal("1.010059"), Decimal("2.69121"))


def test_outcome_columns_and_other_names_of_columns_are_understood(tmp_path, review, owner):
    cells = {"baseline_mean_arm1": 9.5, "baseline_mean_arm2": 9.25, "n_randomized_arm1": 40, "n_randomized_arm2": 41}
    rows = [
        row(**means(1.5, 2.5), outcome_category="ADHD total", **cells),
        row(**means(3.5, 4.5), outcome_category="Mood"),
    ]

    load(tmp_path, review, owner, rows)

    assert sorted(Instrument.objects.values_list("outcome__name", flat=True)) == ["ADHD total", "Mood"]
    assert list(Arm.objects.order_by("number").values_list("n_randomised", flat=True)) == [40, 41]
    assert set(ArmResult.objects.filter(week=0).values_list("mean", flat=True)) == {Decimal("9.5"), Decimal("9.25")}


def test_both_risk_of_bias_tools_are_read(tmp_path, review, owner):
    one = {"seq_gen": 1, "alloc_conce": "?", "blinding_assess": 0}
    two = {"d1": "Low", "d2": "Some concerns", "d3": "Low", "d4": "Low", "d5": "Low", "rob": "High"}

    result = load(tmp_path, review, owner, [row(**means(1.5, 2.5), **one, **two)])

    assert sentences(result) == []
    found = {(one.assessment.tool, one.domain): one for one in Judgement.objects.select_related("assessment")}
    assert {key[1]: row.judgement for key, row in found.items() if key[0] == "rob1"} == {
        "sequence_generation": "low",
        "allocation_concealment": "unclear",
        "blinding_assessors": "high",
    }
    overall = found["rob2", "overall"]
    assert (overall.judgement, overall.proposed) == ("high", "some_concerns")
    assert overall.justification == "Judged so in the file data.csv."


def test_judgement_without_a_meaning_is_refused_and_self_report_is_none(tmp_path, review, owner):
    result = load(tmp_path, review, owner, [row(**means(1.5, 2.5), sg=2, ac=1, ba="sr")])

    assert sentences(result) == ["data.csv line 2, column sg: “2” is no judgement of RoB 1; it has low, unclear, high."]
    assert list(Judgement.objects.values_list("domain", flat=True)) == ["allocation_concealment"]


def test_other_columns_become_characteristics_of_the_kind_that_fits(tmp_path, review, owner):
    ages = ["40.5", "41", "39", "38", "37", "36", "35", "34", "33", "32", "about 30"]
    rows = [
        row(f"S{number}, 2000", **means(1.5, 2.5), mean_age=age, comorbid="y" if number else "n", country=country)
        for number, (age, country) in enumerate(zip(ages, ["us", "uk"] * 5 + ["us"], strict=True))
    ]

    result = ask("metapsy", put(tmp_path / "d.csv", rows), review, owner)

    kinds = dict(review.characteristic_fields.values_list("code", "kind"))
    assert kinds == {"mean_age": "number", "comorbid": "flag", "country": "choice"}
    assert sentences(result) == [
        "d.csv line 12, column mean_age: “about 30” is not a number; write digits with a decimal point, such as 2.5."
    ]


def test_new_choice_of_a_later_release_is_added_to_the_list(tmp_path, review, owner):
    first = [row(f"S{number}, 2000", **means(1.5, 2.5), country="us") for number in range(3)]
    load(tmp_path, review, owner, first)

    load(tmp_path, review, owner, [*first, row("T, 2001", **means(1.5, 2.5), country="eu")])

    assert review.characteristic_fields.get().choice_list == ["us", "eu"]


def test_column_that_differs_within_a_trial_is_told_and_not_taken(tmp_path, review, owner):
    several = [
        row(f"S{number}, 2000", instrument=name, **means(1.5, 2.5), country="us")
        for number in range(5)
        for name in "ab"
    ]
    rows = [*several[:-1], several[-1] | {"country": "uk"}]

    result = load(tmp_path, review, owner, rows)

    assert "country: 1 trial with different cells in its rows, so that none was taken (S4, 2000)." in result.notes
    assert review.studies.filter(extractions__characteristics__field__code="country").count() == 4


def test_report_is_made_of_the_reference_and_found_again_by_its_doi(tmp_path, review, owner):
    load(tmp_path, review, owner, [row(**means(1.5, 2.5), full_ref="Abe A. A trial. J 2010. doi:10.1000/abe.1.")])

    again = load(
        tmp_path,
        review,
        owner,
        [row(**means(1.5, 2.5), full_ref="Abe, A (2010) A trial. https://doi.org/10.1000/abe.1")],
    )

    assert changed(again) == {}
    assert (Report.objects.get().doi, Report.objects.get().is_primary) == ("10.1000/abe.1", True)


def test_impossible_numbers_are_refused_and_the_other_arm_goes_in(tmp_path, review, owner):
    result = load(tmp_path, review, owner, [row(**(means(1.5, 2.5) | {"sd_arm1": 0, "n_arm2": 19.5}))])

    assert sentences(result) == [
        "data.csv line 2, column n_arm2: “19.5” is not a whole number; write digits only, such as 12.",
        "data.csv line 2, column sd_arm1: the SD must be above 0.",
    ]
    assert result.is_saved


def test_row_without_any_result_is_refused(tmp_path, review, owner):
    result = load(tmp_path, review, owner, [row(**means(1.5, 2.5)), row("Empty, 2011")])

    assert sentences(result) == [
        "data.csv line 3: the row has no whole set of numbers: no means, changes, events or effect."
    ]


def test_file_of_another_kind_is_refused_whole(tmp_path, review, owner):
    path = tmp_path / "other.csv"
    path.write_text("Study,D1\nAbe,Low\n", encoding="utf-8")

    result = ask("metapsy", path, review, owner)

    assert not result.is_saved
    assert sentences(result)[0].startswith("other.csv line 1: the columns are missing: condition_arm1, condition_arm2.")
    assert not Study.objects.exists()
