"""Results are read from texts as journals print them; docs/claims.md says how well."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.claims import Document, check_document
from analysis.claims.grammar import read_claims
from tests.claims.reading import FOLDER, plain, scores

DOCS = (Path(__file__).parents[2] / "docs" / "claims.md").read_text(encoding="utf-8")
TEXTS = sorted(FOLDER.glob("*.txt"))


def test_precision_and_recall_are_what_the_docs_say():
    standing, reading, both, differing = scores("*.txt")
    row = f"| all {len(TEXTS)} texts | {standing} | {reading} | {both} | {100 * both / reading:.0f} % | "
    assert row + f"{100 * both / standing:.0f} % |" in DOCS, differing


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_consistent_text_raises_nothing(path):
    found = check_document(Document(read_claims(plain(path.read_text(encoding="utf-8")))))
    assert [finding.says for finding in found if not finding.holds] == []


def test_claims_have_their_line_and_their_sentence():
    claims = read_claims("Abstract\n\nPain fell.\nThe effect was SMD -0.28 [95% CI -0.42 to -0.14].\n")
    assert {claim.place.line for claim in claims} == {"4"}
    assert claims[0].place.section == "abstract"
    assert claims[0].place.quote == "The effect was SMD -0.28 [95% CI -0.42 to -0.14]."
    assert claims[0].measure == "SMD"


@pytest.mark.parametrize(
    "text",
    [
        "Mean age was 45.4 years (41.7 to 49.4).",
        "The trial ran from 2010 (2009 to 2012).",
        "References\n\n1. Smith J. SMD 0.20 (95% CI 0.10 to 0.30). J Pain 2001; 12(3): 45-52.",
        "Egger's test gave p = .21.",
        "We defined d = 0.20 as small and 0.50 as medium.",
    ],
)
def test_other_numbers_are_left_alone(text):
    assert read_claims(text) == []


def read(text: str) -> dict[str, str]:
    """Give what is read from a text, by code."""
    return {claim.code: claim.text for claim in read_claims(text)}


@pytest.mark.parametrize(
    "scale",
    ["on a 0–100 VAS", "points on the 0 to 100-point scale", "on the pain scale from 0 to 100", "mm on a 0-100 mm VAS"],
)
def test_range_of_the_scale_behind_an_estimate_is_not_taken_for_it(scale):
    for interval in (", 95% CI −10.2 to −4.4", " (95% CI −10.2 to −4.4)"):
        claims = read_claims(f"Exercise reduced pain: MD −7.3 {scale}{interval}; p<0.001.")
        said = [(str(claim.quantity), claim.text) for claim in claims]
        assert said[:3] == [("estimate", "−7.3"), ("ci_lower", "−10.2"), ("ci_upper", "−4.4")], said


@pytest.mark.parametrize("gap", ["\t", " | ", "     "])
def test_rows_of_a_table_are_read_by_its_header(gap):
    rows = (("Outcome", "Studies", "RR (95% CI)", "I² (%)"), ("Death", "12", "0.91 (0.84 to 0.99)", "29.5"))
    found = read("Table 2. Results\n\n" + "\n".join(gap.join(row) for row in rows))
    numbers = {"r1.estimate": "0.91", "r1.ci_lower": "0.84", "r1.ci_upper": "0.99", "r1.level": "95"}
    assert found == numbers | {"r1.k": "12", "r1.i2": "29.5"}


@pytest.mark.parametrize(
    "row",
    [
        "Death\t12\t0.91 (0.84 to 0.99)",  # a cell fewer than the header
        "Death\t12\tnot pooled\t29.5",
        "Smith 2001\t12\t54.2 (9.8)\t29.5",
    ],
)
def test_rows_that_do_not_fit_the_header_are_not_guessed(row):
    assert read(f"Outcome\tStudies\tEffect\t95% CI\n{row}") == {}


def test_a_p_value_behind_a_test_of_heterogeneity_in_a_table_is_nobodys():
    header = "Outcome | SMD | 95% CI | Q | p"
    assert "r1.p_value" not in read(f"{header}\nPain | -0.45 | [-0.62, -0.28] | 33.4 | <.001")


def test_several_numbers_of_studies_are_in_doubt():
    text = "We found 20 studies with 48 effect sizes. The effect was g = 0.31 (95% CI [0.20, 0.42])."
    assert "r1.k" not in read(text)
    assert read(text.replace("g = 0.31 (", "g = 0.31 (k = 20, "))["r1.k"] == "20"


def test_the_p_value_of_a_difference_is_not_that_of_the_last_result():
    both = "It was lower in women (RR 0.80, 95% CI 0.70 to 0.91) than in men (RR 0.97, 95% CI 0.90 to 1.05)"
    assert [code for code in read(f"{both}; p = 0.01.") if code.endswith("p_value")] == []
    assert [code for code in read(f"{both}; the difference was clear (p = 0.01).") if code.endswith("p_value")] == []


def test_numbers_behind_a_result_go_with_it_only_where_they_are_about_it():
    result = "Pain fell (SMD 0.10, 95% CI -0.06 to 0.26). "
    assert read(result + "Heterogeneity was low (I² = 12%).")["r1.i2"] == "12"
    assert "r1.p_value" not in read(result + "Egger's test indicated asymmetry (p = 0.03).")
    assert "r1.q" not in read(result + "Groups differed in sex, χ²(1) = 4.2.")


def test_intervals_of_heterogeneity_are_no_results():
    found = read("The RR was 0.90 (95% CI 0.81 to 1.00), I² = 31% (95% CI 0% to 65%).")
    assert {code for code in found if code.startswith("r")} == {
        *("r1.estimate", "r1.ci_lower", "r1.ci_upper", "r1.level", "r1.i2")
    }


@pytest.mark.parametrize(
    "text",
    [
        "The log odds ratio was 0.44 (95% CI 0.12 to 0.76).",
        "It was tested by Fisher's exact test (OR 3.21, 95% CI 0.98 to 12.4; p = 0.055).",
        "Seven of 12 (58%) trials were small, and 26 (44.8%) were not.",
        "The relative risk reduction was 23% (95% CI 8% to 36%).",
        "The rate was 3.2 per 1000 person-years (95% CI 2.5 to 4.1).",
    ],
)
def test_uncommon_measures_raise_no_false_alarm(text):
    claims = read_claims(text)
    assert claims
    assert [one.says for one in check_document(Document(claims)) if not one.holds] == []


@pytest.mark.parametrize("words", ["approached significance", "was of borderline significance", "lost significance"])
def test_half_of_significance_is_no_statement(words):
    assert "r1.significance" not in read(f"The effect {words} (RR 0.90, 95% CI 0.80 to 1.01).")


def test_pages_of_the_text_of_a_pdf_are_counted():
    claims = read_claims("Introduction\n\nPain is common.\n\fResults\n\nSMD -0.28 (95% CI -0.42 to -0.14).\n\f")
    assert {(claim.place.page, claim.place.section, claim.place.line) for claim in claims} == {("2", "results", "6")}


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("It was significant (MD 1.9, 90% CI 0.2 to 3.6; p = 0.07).", True),
        ("It was significant at the 10% level (MD 1.9, 90% CI 0.2 to 3.6; p = 0.07).", False),
        ("It was not significant (MD 1.9, 90% CI 0.2 to 3.6; p = 0.07).", False),
        ("It was significant (MD 1.9, 99% CI -0.1 to 3.9; p = 0.014).", False),
        ("It was significant (MD 1.9, 99% CI 0.1 to 3.7; p = 0.007).", False),
        ("It was significant (MD 1.9, 90% CI -0.1 to 3.9; p = 0.12).", True),
    ],
)
def test_significance_is_that_of_five_per_cent(text, asked):
    found = check_document(Document(read_claims(text)))
    assert any(one.check == "significance_word" and not one.holds for one in found) is asked


def test_impossible_interval_of_a_text_is_asked_about():
    claims = read_claims("Disability did not change (SMD -0.18 [95% CI -0.22 to 0.01]).")
    assert [one.check for one in check_document(Document(claims)) if not one.holds] == ["interval_middle"]


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="SMDCIRORk=npQ²τ0123456789.,;:-−–()[]%<> \n\tto", max_size=200))
def test_any_text_is_read_without_a_fault(text):
    claims = read_claims(text)
    check_document(Document(claims))
    assert len({claim.code for claim in claims}) == len(claims)
