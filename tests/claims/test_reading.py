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


def test_impossible_interval_of_a_text_is_asked_about():
    claims = read_claims("Disability did not change (SMD -0.18 [95% CI -0.22 to 0.01]).")
    assert [one.check for one in check_document(Document(claims)) if not one.holds] == ["interval_middle"]


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="SMDCIRORk=npQ²τ0123456789.,;:-−–()[]%<> \n\tto", max_size=200))
def test_any_text_is_read_without_a_fault(text):
    claims = read_claims(text)
    check_document(Document(claims))
    assert len({claim.code for claim in claims}) == len(claims)
