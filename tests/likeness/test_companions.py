"""Studies that may be one trial: what is proposed, what is not, and that nothing but the two decides."""

from dataclasses import replace
from itertools import permutations

import pytest

from evidence.likeness import StudyFacts, propose_companions, registrations_in

FIRST = StudyFacts(
    key=1,
    label="Aasa 2015",
    year=2015,
    authors="Aasa, B; Berglund, L; Michaelson, P",
    participants=70,
    arms=(35, 35),
    age=42,
    women=55.7,
    numbers={"Training period": 8, "Sessions a week": 1.5},
)
LATER = replace(FIRST, key=2, label="Michaelson 2016", year=2016, authors="Michaelson, P; Holmberg, D")


def pairs(*studies: StudyFacts) -> list[tuple[int, int]]:
    return [(one.first, one.later) for one in propose_companions(studies)]


def test_a_later_report_of_the_same_people_is_proposed_with_reasons() -> None:
    (proposal,) = propose_companions([LATER, FIRST])

    assert (proposal.first, proposal.later) == (1, 2)
    assert proposal.speaks_for == (
        "70 participants in both",
        "arms of 35 and 35 in both",
        "mean age: 42 years in both",
        "women: 55.7 % in both",
        "Sessions a week: 1.5 in both",
        "Training period: 8 in both",
        "authors in common: Michaelson",
    )
    assert proposal.speaks_against == ()


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(replace(LATER, participants=124, arms=(62, 62), age=44), id="the group's next trial"),
        pytest.param(replace(LATER, age=49.5, women=60.0), id="a trial of the same size"),
        pytest.param(replace(LATER, age=None, women=None, numbers={}), id="size and authors alone"),
        pytest.param(replace(LATER, texts=("NCT00000002",)), id="registered as another trial"),
        pytest.param(replace(LATER, arms=(24, 23, 23), age=45.1), id="three arms instead of two"),
    ],
)
def test_two_trials_by_one_group_are_not_proposed(later: StudyFacts) -> None:
    assert pairs(replace(FIRST, texts=("Registered as NCT00000001.",)), later) == []


def test_a_shared_registration_is_always_asked_about_with_what_differs() -> None:
    first = replace(FIRST, texts=("ISRCTN37113406",))
    later = replace(LATER, texts=("Follow-up of ISRCTN 37113406",), participants=61, arms=(30, 31), age=44.5)

    (proposal,) = propose_companions([first, later])

    assert proposal.speaks_for[0] == "registered as ISRCTN37113406"
    assert "70 and 61 participants" in proposal.speaks_against
    assert pairs(first, replace(later, identifiers=frozenset({"PMID 1"}), texts=())) == []


def test_order_and_further_studies_change_nothing() -> None:
    stranger = StudyFacts(key=9, label="Xu 2001", year=2001, participants=12, arms=(6, 6), age=20)
    for order in permutations((FIRST, LATER, stranger)):
        assert propose_companions(order) == propose_companions([FIRST, LATER])
    assert propose_companions([FIRST, LATER], apart=frozenset({(1, 2)})) == ()


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("ClinicalTrials.gov NCT01362049.", {"NCT01362049"}),
        ("ISRCTN 37113406; actrn12611000971932p", {"ISRCTN37113406", "ACTRN12611000971932"}),
        ("EudraCT number: 2008‑001234‑12", {"EudraCT 2008-001234-12"}),
        ("DRKS00012345, ChiCTR-TRC-12002345, NTR 2345", {"DRKS00012345", "ChiCTRTRC-12002345", "NTR2345"}),
        ("IRCT20180915041045N1 and UMIN000012345", {"IRCT20180915041045N1", "UMIN000012345"}),
        ("PROSPERO CRD42021247331, PMID 25641309", set()),
    ],
)
def test_registration_numbers_are_read(text: str, numbers: set[str]) -> None:
    assert registrations_in(text) == numbers
