"""Each check, on the smallest document that shows it; and what must not be asked about."""

from dataclasses import replace

import pytest

from analysis.claims import (
    CHECKS,
    Assessed,
    BadCondition,
    BadRelation,
    Claim,
    Document,
    Place,
    Quantity,
    check_document,
    read_condition,
    read_relations,
)


def claims(statement: str = "s", measure: str = "SMD", **texts: str) -> list[Claim]:
    return [
        Claim(f"{statement}.{name}", Quantity(name), text, Place(section="results"), statement, measure=measure)
        for name, text in texts.items()
    ]


def asked(*rows: Claim, **fields: object) -> dict[str, str]:
    """Give what is asked about, by check."""
    found = check_document(Document(list(rows), **fields))
    return {finding.check: finding.says for finding in found if not finding.holds}


def test_checks_have_names_of_their_own_and_say_what_they_are():
    assert len({check.id for check in CHECKS}) == len(CHECKS) == len({check.name for check in CHECKS})
    assert all(check.explanation.endswith(".") for check in CHECKS)


def test_lopsided_interval_is_asked_about_with_its_arithmetic():
    found = asked(*claims(estimate="-0.18", ci_lower="-0.22", ci_upper="0.01"))
    assert found == {
        "interval_middle": "The middle of -0.22 and 0.01 is between −0.11 and −0.1; the estimate is printed as -0.18, "
        "that is between −0.185 and −0.175."
    }


def test_ratio_is_in_the_middle_on_the_log_scale():
    assert not asked(*claims(measure="OR", estimate="2.00", ci_lower="1.00", ci_upper="4.00"))
    assert "interval_middle" in asked(*claims(measure="OR", estimate="2.50", ci_lower="1.00", ci_upper="4.00"))
    assert "interval_middle" in asked(*claims(measure="MD", estimate="2.00", ci_lower="1.00", ci_upper="4.00"))


def test_skewed_interval_of_a_proportion_is_left_alone():
    assert not asked(*claims(measure="prevalence", estimate="0.02", ci_lower="0.00", ci_upper="0.09"))


def test_p_value_on_the_other_side_of_the_interval_is_asked_about():
    found = asked(*claims(estimate="-0.10", ci_lower="-0.21", ci_upper="0.01", p_value=".03"))
    assert "p_side" in found
    assert not asked(*claims(estimate="-0.10", ci_lower="-0.21", ci_upper="0.01", p_value=".07"))


def test_small_samples_may_have_used_t():
    # 0.5 with se 0.18 and k = 5: by t with 4 degrees of freedom, 0.00 to 1.00 and p = .05.
    assert not asked(*claims(estimate="0.50", ci_lower="0.00", ci_upper="1.00", se="0.18", p_value=".05", k="5"))


def test_interval_at_another_level_is_read_at_that_level():
    assert "se_interval" in asked(*claims(estimate="0.50", ci_lower="0.34", ci_upper="0.66", se="0.10", k="30"))
    assert not asked(*claims(estimate="0.50", ci_lower="0.34", ci_upper="0.66", se="0.10", k="30", level="90"))


def test_percentage_names_the_whole_that_fits():
    rows = [
        Claim("all", Quantity.COUNT, "58"),
        Claim("groups", Quantity.COUNT, "61"),
        Claim("any", Quantity.COUNT, "3", part_of="groups"),
        Claim("some", Quantity.COUNT, "26", statement="s", part_of="all"),
        Claim("share", Quantity.PERCENT, "44.3", statement="s", part_of="all", unit="%"),
    ]
    assert asked(*rows)["percent"].endswith("No whole number has 26 as that share. The percentage is that of 27 of 61.")


def test_percentage_without_a_whole_must_fit_some_whole():
    assert "percent" in asked(*claims(count="26", percent="44.3"))
    assert not asked(*claims(count="26", percent="44.8"))


def test_flow_that_loses_a_record_is_asked_about():
    rows = [
        Claim("a", Quantity.COUNT, "762"),
        Claim("b", Quantity.COUNT, "656"),
        Claim("c", Quantity.COUNT, "105", relation="= a - b"),
    ]
    assert asked(*rows) == {"sums": "762 − 656 = 106; printed is 105."}


def test_same_quantity_differs_only_beyond_rounding():
    def places(one: str, two: str) -> dict[str, str]:
        return asked(*[Claim(t + str(i), Quantity.ESTIMATE, t, subject="x") for i, t in enumerate((one, two))])

    assert not places("-0.3", "-0.28")
    assert "two_places" in places("-0.18", "-0.09")


def test_overall_judgement_below_a_domain_breaks_the_rule():
    rows = [Assessed("A", (("1", "high"), ("2", "low")), "some concerns")]
    assert "rob_overall" in asked(assessed=rows)
    assert not asked(assessed=[Assessed("A", (("1", "low"), ("2", "some concerns")), "some concerns")])


def test_concerns_that_add_up_to_high_are_a_question_only():
    rows = [Assessed("A", (("1", "some concerns"), ("2", "some concerns")), "high")]
    (finding,) = [one for one in check_document(Document(assessed=rows)) if not one.holds]
    assert finding.severity == "suspicious"


def test_words_are_held_against_numbers():
    said = claims(estimate="-0.10", ci_lower="-0.21", ci_upper="0.01", significance="significantly less pain")
    assert "significance_word" in asked(*said)
    said = claims(estimate="-0.10", ci_lower="-0.21", ci_upper="0.01", significance="no significant difference")
    assert not asked(*said)
    assert "size_word" in asked(*claims(estimate="-0.15", size_word="a large effect"))


def test_announced_prediction_interval_is_reported_by_printing_one():
    promised = Claim("m", Quantity.PROMISED, "prediction intervals")
    assert "promised_methods" in asked(promised)
    assert not asked(promised, *claims(pi_lower="-1.0", pi_upper="0.5"))


def test_condition_reads_columns_and_is_silent_about_empty_cells():
    condition = read_condition("weeks >= 4 and first,second in active|Passive")
    assert condition.holds({"weeks": "8", "first": "", "second": "passive"}) is True
    assert condition.holds({"weeks": "2", "first": "active"}) is False
    assert condition.holds({"weeks": "8"}) is None
    with pytest.raises(BadCondition, match="no number"):
        read_condition("weeks >= many")


@pytest.mark.parametrize("text", ["a + b", "= a +", "= ", "= a b"])
def test_bad_relation_is_refused(text):
    with pytest.raises(BadRelation):
        list(read_relations(text))


def in_section(section: str, **texts: str) -> list[Claim]:
    return [
        replace(claim, place=Place(section=section), code=f"{section}.{claim.code}")
        for claim in claims(section, **texts)
    ]


def test_result_of_the_abstract_is_held_beside_that_of_the_text():
    text = in_section("results", estimate="-0.32", ci_lower="-0.51", ci_upper="-0.12")
    other = in_section("table", estimate="-0.45", ci_lower="-0.60", ci_upper="-0.30")
    found = asked(*in_section("abstract", estimate="-0.32", ci_lower="-0.51", ci_upper="-0.13"), *text, *other)
    assert found["summary_text"] == (
        "abstract: -0.32 (-0.51 to -0.13); results: -0.32 (-0.51 to -0.12). If it is one result, one of them is wrong."
    )
    rounded = in_section("abstract", estimate="-0.3", ci_lower="-0.5", ci_upper="-0.1")
    assert "summary_text" not in asked(*rounded, *text, *other)
    unlike = in_section("discussion", estimate="-0.32", ci_lower="-0.44", ci_upper="-0.20")
    assert "summary_text" not in asked(*unlike, *text, *other)


def test_result_of_the_abstract_that_stands_in_the_text_is_told_as_holding():
    both = [*in_section("abstract", **THE_SAME), *in_section("results", **THE_SAME)]
    holding = [one for one in check_document(Document(both)) if one.check == "summary_text"]
    assert [one.holds for one in holding] == [True]


THE_SAME = {"estimate": "-0.32", "ci_lower": "-0.51", "ci_upper": "-0.13"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("comparators in passive|true_control|medication", "comparators passive, true control or medication"),
        ("training_weeks >= 4 and design != crossover", "training weeks >= 4 and design not crossover"),
        ("type_1,type_2 = active", "type 1 or type 2 active"),
        ("", "any value"),
    ],
)
def test_conditions_are_told_in_words(text, words):
    assert str(read_condition(text)) == words


def test_place_names_a_line_or_lines():
    assert (str(Place(line="60")), str(Place(line="65-67"))) == ("line 60", "lines 65-67")
