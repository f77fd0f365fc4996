"""Effects from the numbers of arms, worked by hand."""

import pytest

from tests.derivation.content import Row, arm, effect, instrument, refused, result, settlement, study, two_arms
from tests.reference.datasets import load

ROUNDING = 1e-11
# The same formula in another program; metafor's J costs it 1e-11 in studies of 9000 (reference/test_effects.py).
METAFOR = 1e-10
REFERENCE = load("effects")


@pytest.mark.parametrize("measure", ["MD", "SMD"])
@pytest.mark.parametrize("row", range(7))
def test_effect_of_means_is_metafors(measure: str, row: int) -> None:
    given = {name: values[row] for name, values in REFERENCE["means"].items()}
    first = result(mean=str(given["m1i"]), sd=str(given["sd1i"]), n=given["n1i"])
    second = result(mean=str(given["m2i"]), sd=str(given["sd2i"]), n=given["n2i"])

    found = effect(two_arms(first, second), measure=measure)

    expected = REFERENCE["from_means"][measure]
    assert found.yi == pytest.approx(expected["yi"][row], rel=METAFOR, abs=METAFOR)
    assert found.vi == pytest.approx(expected["vi"][row], rel=METAFOR)


@pytest.mark.parametrize("measure", ["RR", "OR", "RD"])
@pytest.mark.parametrize("row", [0, 1, 2, 4, 5, 7, 8])
def test_effect_of_events_is_metafors(measure: str, row: int) -> None:
    given = {name: values[row] for name, values in REFERENCE["events"].items()}
    first = result(instrument="events", events=given["ai"], total=given["n1i"])
    second = result(instrument="events", events=given["ci"], total=given["n2i"])

    found = effect(two_arms(first, second), measure=measure)

    expected = REFERENCE["from_events"][f"{measure} 0.5 only0 FALSE"]
    assert found.yi == pytest.approx(expected["yi"][row], rel=METAFOR, abs=METAFOR)
    assert found.vi == pytest.approx(expected["vi"][row], rel=METAFOR)


@pytest.mark.parametrize("measure", ["RR", "OR"])
@pytest.mark.parametrize(("events1", "events2"), [(0, 0), (40, 41)])
def test_ratio_of_nobody_or_everybody_is_not_invented(measure: str, events1: int, events2: int) -> None:
    first = result(instrument="events", events=events1, total=40)
    second = result(instrument="events", events=events2, total=41)

    assert refused(two_arms(first, second), measure=measure).code == "no_information"


def test_added_halves_are_told() -> None:
    first = result(instrument="events", events=0, total=33)
    second = result(instrument="events", events=4, total=33)

    assert any("0.5 is added" in caution for caution in effect(two_arms(first, second), measure="RR").cautions)


def test_sd_comes_from_se_times_root_of_n() -> None:
    found = effect(two_arms(result(mean="3", se="0.4", n=25), result(mean="4", se="0.2", n=100)), measure="SMD")

    # SD = 0.4 √25 = 0.2 √100 = 2; J(123) = 1 - 3 / (4 · 123 - 1) to 1e-5; d = -1 / 2
    assert found.yi == pytest.approx(-0.5 * (1 - 3 / 491), rel=1e-5)
    assert [step.output for step in found.lineage if step.name == "sd_from_se"] == [2, 2]


def test_sd_comes_from_interval_by_the_t_distribution() -> None:
    # Cochrane Handbook 6.5.2.2: 25 participants, 95% CI 30.0 to 34.2, t(24) = 2.0639: SD = √25 · 4.2 / 4.128 = 5.09
    ours = result(mean="32.1", ci_lower="30.0", ci_upper="34.2", n=25)
    found = effect(two_arms(ours, result(mean="40", sd="5", n=25)), instruments={"nrs": instrument(high="100")})

    (sd,) = [step.output for step in found.lineage if step.name == "sd_from_ci"]
    assert sd == pytest.approx(5.09, abs=0.005)  # the Handbook's two decimals


def test_mean_and_sd_come_from_quartiles() -> None:
    # Wan 2014: mean (2 + 3 + 5.5) / 3 = 3.5; n = 25: width 2 Φ⁻¹((0.75·25 - 0.125) / 25.25) = 2 Φ⁻¹(0.737624)
    #   = 2 · 0.636065 = 1.272131; SD = 3.5 / 1.272131 = 2.75129
    found = effect(two_arms(result(median="3", q1="2", q3="5.5", n=25), result(mean="4", sd="2", n=100)))

    assert found.yi == pytest.approx(-0.5, rel=ROUNDING)
    (sd,) = [step.output for step in found.lineage if step.name == "sd_from_quartiles"]
    assert sd == pytest.approx(2.7513, abs=2e-4)
    assert sum("quartiles" in caution for caution in found.cautions) == 2


def test_sd_of_change_comes_from_a_stated_correlation() -> None:
    def one(number: int, change: str, kind: str | None = None) -> Row:
        return arm(
            number,
            result(week="0", mean="6", sd="4", n=25),
            result(mean="5", sd="3", n=25, is_adjusted=True, week="9"),
            result(value_kind="change", mean=change, n=25),
            result(mean="4", sd="3", n=25),
            kind=kind,
        )

    # SD² = 4² + 3² - 2 · 0.5 · 4 · 3 = 13, in both arms; vi = 13 / 25 + 13 / 25
    found = effect(study(one(1, "-2"), one(2, "-1", "active")), change_correlation=0.5, value_order=["change"])

    assert found.yi == -1
    assert found.vi == pytest.approx(26 / 25, rel=ROUNDING)
    assert len(found.sources) == 6  # change, baseline and final score of two arms
    assert refused(study(one(1, "-2"), one(2, "-1", "active")), value_order=["change"]).code == "no_variance"


def test_sd_of_change_is_not_taken_from_a_contradictory_score() -> None:
    def one(number: int, kind: str | None, **fields: object) -> Row:
        scores = [result(week="0", mean="6", sd="4", n=25, **fields), result(mean="5", sd="3", n=25)]
        return arm(number, *scores, result(value_kind="change", mean="-2", n=25), kind=kind)

    unsettled = study(one(1, None, is_printed_so=True), one(2, "active"))

    assert refused(unsettled, change_correlation=0.5, value_order=["change"]).code == "no_variance"


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ({"sd": "2", "n": 25}, "no_mean"),
        ({"mean": "3", "n": 25, "ci_lower": "3", "ci_upper": "3"}, "no_variance"),
        ({"mean": "3", "n": 25, "ci_lower": "2"}, "no_variance"),
        ({"mean": "3", "sd": "2"}, "no_n"),
        ({"mean": "3", "n": 25, "q1": "3", "q3": "3"}, "undefined"),
        ({"median": "3", "q1": "2", "q3": "3", "n": 1}, "undefined"),
        ({"mean": "3", "sd": "2", "se": "2", "n": 25}, "contradiction"),
        ({"mean": "3", "sd": "0.4", "n": 25, "ci_lower": "2.2", "ci_upper": "3.8"}, "contradiction"),
        ({"mean": "3", "se": "2", "n": 25, "ci_lower": "2.2", "ci_upper": "3.8"}, "contradiction"),
    ],
)
def test_arm_without_a_usable_number_is_refused_by_name(first: Row, code: str) -> None:
    one = study(arm(1, result(**first), n=None), arm(2, result(mean="4", sd="2", n=100), kind="active"))

    assert refused(one).code == code


def test_change_of_unknown_direction_is_refused() -> None:
    change = {"sd": "2", "n": 25, "value_kind": "change", "sign": "not_stated"}

    assert refused(two_arms(result(mean="2", **change), result(mean="1", **change))).code == "sign_not_stated"


def test_missing_n_with_sd_and_se_is_no_reason_to_refuse_a_mean_difference() -> None:
    first = arm(1, result(mean="3", sd="2", se="0.4"), n=None)
    found = effect(study(first, arm(2, result(mean="4", sd="2", n=100), kind="active")))

    assert found.vi == pytest.approx(0.16 + 0.04, rel=ROUNDING)


def test_number_randomised_serves_for_the_number_analysed_and_is_told() -> None:
    rows = study(arm(1, result(mean="3", sd="2"), n=25), arm(2, result(mean="4", sd="2", n=100), kind="active"))

    found = effect(rows)

    assert found.vi == pytest.approx(0.2, rel=ROUNDING)
    assert any("number randomised (25) used" in caution for caution in found.cautions)


@pytest.mark.parametrize(
    "first",
    [
        {"events": 30, "n": 25},
        {"events": 3, "total": 25, "is_printed_so": True, "settlement": settlement("30")},
        {"events": 3, "total": 25, "is_printed_so": True},
    ],
)
def test_contradictory_events_are_not_used(first: Row) -> None:
    one = two_arms(result(instrument="events", **first), result(instrument="events", events=3, total=25))

    assert refused(one, measure="RD").code == "contradiction"


def test_smd_of_too_few_participants_is_listed_and_stops_nothing() -> None:
    tiny = two_arms(result(mean="3", sd="1", n=1), result(mean="4", sd="1", n=2))

    assert refused(tiny, measure="SMD").code == "undefined"


def test_smd_of_changes_says_what_it_is_standardised_by() -> None:
    change = {"sd": "2", "n": 25, "value_kind": "change"}
    found = effect(two_arms(result(mean="-2", **change), result(mean="-1", **change)), measure="SMD")

    assert any("SD of change" in caution for caution in found.cautions)


CONTRADICTION = {"mean": "30", "sd": "2", "n": 25, "ci_lower": "29", "ci_upper": "31", "is_printed_so": True}
OTHER = {"mean": "4", "sd": "2", "n": 100}


def test_settled_mean_keeps_the_printed_sd_and_not_the_printed_interval() -> None:
    found = effect(two_arms(result(**CONTRADICTION, settlement=settlement("3")), result(**OTHER)))

    assert found.yi == -1
    assert found.vi == pytest.approx(4 / 25 + 4 / 100, rel=ROUNDING)


def test_settled_mean_without_any_spread_left_is_refused() -> None:
    only_interval = {**CONTRADICTION, "sd": None, "settlement": settlement("3")}

    assert refused(two_arms(result(**only_interval), result(**OTHER))).code == "no_variance"


def test_settled_interval_goes_before_the_printed_sd() -> None:
    # t(24) at 97.5% is 2.063899: SE = (4 - 2) / (2 · 2.063899) = 0.484520
    found = effect(two_arms(result(**CONTRADICTION, settlement=settlement("3", "2", "4")), result(**OTHER)))

    assert found.vi == pytest.approx(0.4845198**2 + 0.04, rel=1e-6)


def test_quartiles_of_a_settled_result_are_not_read() -> None:
    quartiles = {"median": "3", "q1": "5", "q3": "6", "n": 25, "is_printed_so": True}

    assert refused(two_arms(result(**quartiles, settlement=settlement("3")), result(**OTHER))).code == "no_variance"
