"""Results are read from texts as journals print them; docs/claims.md says how well."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.claims import Document, check_document
from analysis.claims.grammar import read_claims
from analysis.claims.grammar.typesetting import as_printed
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
    ("header", "measure", "level"),
    [
        ("Outcome\tTrials\tEffect\t\t\n\t\tHR\t95% CI\tI²", "HR", "95"),
        ("Outcome | Studies | OR | 90% CI | | I²\n | n | | Lower | Upper | %", "OR", "90"),
        ("Outcome | Studies | Odds ratio (random effects model) | | | \n | k | Estimate | LL | UL | I²", "OR", None),
        ("Outcome\tk\tRR\t\n\t\t(95% CI)\tI²", "RR", "95"),
    ],
)
def test_two_rows_of_headings_are_read_together(header, measure, level):
    columns = 6 if "|" in header else header.count("\t", header.index("\n")) + 1
    gap = " | " if "|" in header else "\t"
    cells = {
        6: ("Death", "12", "0.91", "0.84", "0.99", "30"),
        5: ("Death", "12", "0.91", "0.84 to 0.99", "30"),
        4: ("Death", "12", "0.91 (0.84 to 0.99)", "30"),
    }
    claims = read_claims(f"Table 2. Results\n\n{header}\n{gap.join(cells[columns])}\n")
    found = {claim.quantity.value: claim.text for claim in claims}
    numbers = {"estimate": "0.91", "ci_lower": "0.84", "ci_upper": "0.99", "k": "12", "i2": "30"}
    assert found == numbers | ({"level": level} if level else {})
    assert {claim.measure for claim in claims} == {measure}


@pytest.mark.parametrize(
    ("heading", "cell", "k", "n"),
    [
        ("Trials (participants)", "8 (612)", "8", "612"),
        ("No. of participants (studies)", "1,612 (8 RCTs)", "8", "1,612"),
        ("k (n)", "8 [612]", "8", "612"),
        ("Studies/participants", "8/612", "8", "612"),
        ("Trials (participants)", "8 of 12", None, None),
    ],
)
def test_two_counts_in_a_column_are_read_by_its_heading(heading, cell, k, n):
    found = read(f"Outcome\t{heading}\tMD (95% CI)\nPain\t{cell}\tMD -3.2 (-5.9 to -0.5)")
    assert (found.get("r1.k"), found.get("r1.n"), found["r1.estimate"]) == (k, n, "-3.2")


BOTH = {("percent", "84"), ("percent", "5")}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Of the 41 trials, 12 (29%) were small.", {("count", "41"), ("count", "12"), ("percent", "29")}),
        ("41 eligible trials, of which one (2%) was small.", {("count", "41"), ("count", "1"), ("percent", "2")}),
        ("Seven of 12 trials (58%) were small.", {("count", "12"), ("count", "7"), ("percent", "58")}),
        ("1204 (7.7%) of 15 710 died.", {("count", "15 710"), ("count", "1204"), ("percent", "7.7")}),
        (
            "Thirty-seven of 44 trials (84%), sixty (5%).",
            {("count", "44"), ("count", "37"), ("count", "60"), *BOTH},
        ),
        ("One hundred and five (30%) and twenty-one (6%) died.", {("count", "21"), ("percent", "6")}),
    ],
)
def test_counts_and_wholes_are_read_in_words_and_in_groups(text, told):
    claims = read_claims(text)
    assert {(claim.quantity.value, claim.text) for claim in claims} == told
    assert [one.says for one in check_document(Document(claims)) if not one.holds] == []


@pytest.mark.parametrize(
    "words",
    ["RR 1.43, 1.21–1.69", "relative risk of 1.43, 1.21 to 1.69", "risk ratio 1.43; 1.21 to 1.69"],
)
def test_intervals_without_a_name_are_read_at_once_behind_a_measure(words):
    found = read(f"Bleeding was more frequent ({words}, P<0.001; five trials, 640 patients).")
    assert found == {
        "r1.estimate": "1.43",
        "r1.ci_lower": "1.21",
        "r1.ci_upper": "1.69",
        "r1.p_value": "< 0.001",
        "r1.k": "5",
        "r1.n": "640",
    }
    assert read(words.replace("–", ", ").replace(" to ", ", ")) == {}


def test_sizes_belong_to_the_result_of_their_bracket_or_clause():
    found = read(
        "The effect was smaller at six months (10 trials, 930 patients; MD -4.1, -7.8 to -0.4) and at one year seven "
        "trials (n=801) found none (MD -2.1, 95% CI -5.0 to 0.8), larger than controls (k = 5; MD -1.4, "
        "95% CI -2.6 to -0.2)."
    )
    assert [found.get(f"r{place}.k") for place in (1, 2, 3)] == ["10", "7", "5"]
    assert [found.get(f"r{place}.n") for place in (1, 2, 3)] == ["930", "801", None]


@pytest.mark.parametrize(
    ("words", "k"),
    [
        ("Seven trials", "7"),
        ("Thirty-seven trials", "37"),
        ("Ninety RCTs", "90"),
        ("Two hundred and five trials", None),
    ],
)
def test_numbers_of_studies_are_read_in_words(words, k):
    assert read(f"{words} were pooled (RR 0.80, 95% CI 0.70 to 0.91).").get("r1.k") == k


def test_studies_that_a_method_adds_are_not_pooled():
    assert "r1.k" not in read("Trim and fill imputed 6 studies, which gave g = 0.27 (95% CI 0.15 to 0.39).")


def test_a_p_value_says_behind_it_what_it_is_of():
    result = "It was lower in women (RR 0.80, 95% CI 0.70 to 0.91; "
    assert "r1.p_value" not in read(f"{result}P = .03 for interaction).")
    assert "r1.p_value" not in read(f"{result}P = .03 for the difference).")
    assert read(f"{result}P = .03 for heterogeneity).")["r1.q_p_value"] == ".03"
    assert read(f"{result}P = .001 for mortality).")["r1.p_value"] == ".001"
    found = read(f"{result}P = .001; Q26 = 62.2; P < .001).")
    assert (found["r1.q_df"], found["r1.q"], found["r1.q_p_value"]) == ("26", "62.2", "< .001")


@pytest.mark.parametrize("p", ["5.7 x 10^-6", "5.7×10⁻⁶", "5.7 × 10−6", "5.7e-06", "5.7E−6"])
def test_small_p_values_are_read_with_their_power(p):
    claims = read_claims(f"It was lower (RR 0.60, 95% CI 0.48 to 0.75; P={p}).")
    (found,) = [claim for claim in claims if claim.quantity.value == "p_value"]
    assert (found.text, found.printed.number) == (p, pytest.approx(5.7e-6))
    assert [one.says for one in check_document(Document(claims)) if not one.holds] == []


@pytest.mark.parametrize(
    ("words", "k"),
    [
        ("Six group-based studies were pooled", "6"),
        ("Twelve included randomised controlled trials were pooled", "12"),
        ("Three cohorts were pooled", "3"),
        ("It was seen in seven of nine cohorts", None),
    ],
)
def test_kinds_of_studies_are_counted(words, k):
    assert read(f"{words}. It was lower (RR 0.80, 95% CI 0.70 to 0.91).").get("r1.k") == k


@pytest.mark.parametrize(
    ("printed", "plain"),
    [
        ("**g = 0.42**", "g = 0.42"),
        ("p ¼ 0.04, I2 ¼ 12%", "p = 0.04, I2 = 12%"),
        ("0.75--1.18", "0.75–1.18"),
        (r"$I^2 = 45\%$ and $\tau^2 = 0.06$", "I^2 = 45% and τ^2 = 0.06"),
        ("It cost $45 or $60 more; a ¼ of them; --verbose; -- well", None),
        ("two\nlines **and\n** more", "two\nlines and\n more"),
    ],
)
def test_what_typesetting_leaves_is_taken_back(printed, plain):
    assert as_printed(printed) == (printed if plain is None else plain)


def test_rows_of_cochranes_analyses_have_their_sizes_and_their_lines():
    row = "1.1 Death 8 91107 Risk Ratio (M-H, Random, 95% CI) 0.95 [0.91, 0.99]"
    rows = f"{row}\n1.2 Age 8 Risk Ratio (M-H, Random, 95% CI) Subtotals only"
    found = read(rows)
    assert (found["r1.k"], found["r1.n"], found["r1.estimate"]) == ("8", "91107", "0.95")
    assert {claim.place.line for claim in read_claims(rows)} == {"1"}


def test_a_large_number_behind_per_is_no_estimate():
    found = read("It was 484 suicides per 100 000 person-years (95% CI, 422-555 per 100 000 person-years).")
    assert found == {"r1.estimate": "484", "r1.ci_lower": "422", "r1.ci_upper": "555", "r1.level": "95"}
    assert read("They lived among 100 000 (95% CI 422-555).") == {}


def test_a_p_value_whose_brackets_end_before_the_result_is_not_its_own():
    text = "It varied little with age (P = .31), and mortality fell (HR 0.71, 95% CI 0.62-0.81)."
    assert "r1.p_value" not in read(text)
    assert read(text.replace("0.81)", "0.81; P < .001)"))["r1.p_value"] == "< .001"


def test_headings_of_an_abstract_begin_no_sections():
    result = "SMD {} (95% CI -0.42 to -0.14)."
    parts = (
        "Abstract",
        "Results",
        result.format("-0.28"),
        "Conclusions",
        "It helps.",
        "Results",
        result.format("-0.29"),
    )
    claims = read_claims("\n\n".join(parts))
    assert [claim.place.section for claim in claims if claim.quantity.value == "estimate"] == ["abstract", "results"]
    alone = read_claims("\n\n".join(("Abstract", "It helps.", "Results", result.format("-0.28"))))
    assert {claim.place.section for claim in alone} == {"results"}


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


def test_numbers_of_another_sentence_stand_at_that_sentence():
    text = "We pooled 12 trials.\nPain fell (SMD 0.10, 95% CI -0.06 to 0.26).\nHeterogeneity was low (I² = 12%)."
    lines = {claim.code: claim.place.line for claim in read_claims(text)}
    assert (lines["r1.k"], lines["r1.estimate"], lines["r1.i2"]) == ("1", "2", "3")


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
