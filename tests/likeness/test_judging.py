"""Pairs of records and what they are to each other: copies, near-misses, and pairs that only a person can tell."""

from dataclasses import replace
from itertools import permutations

import pytest

from evidence.likeness import Citation, Verdict, find_duplicates, judge, plainly
from evidence.likeness.naming import names_in
from evidence.likeness.placing import first_page, is_same_journal, journal_words
from evidence.likeness.wording import words_of

PAPER = Citation(
    key=1,
    title="Low-load motor control exercises and a high-load lifting exercise: a randomised controlled trial",
    authors="Aasa, B; Berglund, L; Michaelson, P; Aasa, U",
    year=2015,
    journal="Journal of Orthopaedic & Sports Physical Therapy",
    volume="45",
    pages="77-85",
    doi="10.2519/jospt.2015.5021",
    pmid="25641309",
)
BARE = replace(PAPER, key=2, doi="", pmid="")

COPIES = {
    "all the same": replace(PAPER, key=2),
    "no identifiers": BARE,
    "the DOI as an address": replace(PAPER, key=2, doi="https://doi.org/10.2519/JOSPT.2015.5021", pmid="", year=2014),
    "capitals": replace(BARE, title=PAPER.title.upper(), journal=PAPER.journal.upper()),
    "American spelling, dash for colon": replace(BARE, title=PAPER.title.replace("ised", "ized").replace(":", " -")),
    "journal cut, names without commas": replace(
        BARE, journal="J Orthop Sports Phys Ther", authors="Aasa B, Berglund L, Michaelson P, Aasa U", pages="77-85"
    ),
    "journal as initials": replace(BARE, journal="JOSPT"),
    "a letter wrong": replace(BARE, title=PAPER.title.replace("exercises", "exercsies")),
    "no pages": replace(BARE, volume="", pages=""),
    "a year later, same pages": replace(BARE, year=2016),
    "subtitle missing, same DOI": replace(PAPER, key=2, title=PAPER.title.split(":")[0], pmid=""),
    "markup in the title": replace(BARE, title=f"<i>{PAPER.title}</i>"),
}
DOUBTS = {
    "a supplement under one DOI": replace(PAPER, key=2, title="Lumbar stabilisation in nurses", pmid="", pages="S12"),
    "an erratum under the DOI": replace(PAPER, key=2, title=f"Erratum: {PAPER.title}", pmid="", pages="410"),
    "a comment under the DOI": replace(PAPER, key=2, title=f"Comment on: {PAPER.title}", pmid=""),
    "a preprint": replace(PAPER, key=2, journal="medRxiv", doi="10.1101/2014.01.01.123", pmid="", volume="", pages=""),
    "another DOI": replace(PAPER, key=2, doi="10.9999/other", pmid=""),
    "another PMID under the DOI": replace(PAPER, key=2, pmid="999"),
    "subtitle missing": replace(BARE, title=PAPER.title.split(":")[0]),
    "no authors": replace(BARE, authors=""),
    "a year later, no pages": replace(BARE, year=2016, pages=""),
    "another first page": replace(BARE, pages="177-185"),
    "women only, elsewhere in the volume": replace(BARE, title=f"{PAPER.title} in women", pages="86-95"),
    "part II of it": replace(BARE, title=f"{PAPER.title}. Part II", volume="", pages=""),
    "translated title in its place": replace(BARE, title="Motorische Kontrolle oder Heben bei Rückenschmerzen"),
}
OTHERS = {
    "yoga instead of lifting": replace(BARE, title=PAPER.title.replace("lifting", "yoga"), pages="86-95"),
    "part II with pages of its own": replace(BARE, title=f"{PAPER.title}. Part II", pages="86-95"),
    "24 months later": replace(
        BARE, title=f"{PAPER.title}: 24-month follow-up", year=2016, volume="46", pages="1-9", doi="", pmid=""
    ),
    "a reply by others": replace(BARE, title=f"Re: {PAPER.title}", authors="Smith, J", pages="400"),
    "an abstract of others in a supplement": replace(
        PAPER, key=2, title="Walking after stroke", authors="Smith, J", pages="S3", pmid=""
    ),
    "an erratum elsewhere": replace(BARE, title=f"Erratum: {PAPER.title}", year=2017, volume="47", pages="410"),
    "another trial": replace(BARE, title="Yoga for neck pain in students: a pilot", pages="1-2", volume="3"),
}


@pytest.mark.parametrize(
    ("other", "verdict"),
    [
        *((pytest.param(other, Verdict.CLEAR, id=name) for name, other in COPIES.items())),
        *((pytest.param(other, Verdict.DOUBTFUL, id=name) for name, other in DOUBTS.items())),
        *((pytest.param(other, Verdict.DIFFERENT, id=name) for name, other in OTHERS.items())),
    ],
)
def test_a_pair_is_judged_the_same_from_both_sides(other: Citation, verdict: Verdict) -> None:
    one, two = plainly(PAPER), plainly(other)

    assert judge(one, two).verdict == verdict, judge(one, two)
    assert judge(one, two) == judge(two, one)


@pytest.mark.parametrize(
    ("title", "other"),
    [
        ("Low back pain in men who lift at work", "Low back pain in women who lift at work"),
        ("Hypertension after spinal manipulation in adults", "Hypotension after spinal manipulation in adults"),
        ("Effects of vitamin D on chronic low back pain", "Effects of vitamin E on chronic low back pain"),
        ("Exercise with manual therapy in lumbar pain", "Exercise without manual therapy in lumbar pain"),
        ("Lifting technique at 12 months after training", "Lifting technique at 24 months after training"),
        ("Abstract 12: lumbar exercise in older adults", "Abstract 13: lumbar exercise in older adults"),
        ("Back school for nurses: part one of the trial", "Back school for nurses: part two of the trial"),
        ("Type I collagen in lumbar discs of adults", "Type II collagen in lumbar discs of adults"),
    ],
)
def test_one_word_can_make_two_documents(title: str, other: str) -> None:
    """Even in the same place: abstracts of one group stand on one page."""
    one, two = (plainly(replace(BARE, title=text)) for text in (title, other))

    assert judge(one, two).verdict != Verdict.CLEAR


def test_short_titles_are_many_documents() -> None:
    reply = Citation(1, "Reply to the authors", "Smith, J", 2015, "Spine")

    assert judge(plainly(reply), plainly(replace(reply, key=2))).verdict != Verdict.CLEAR


def test_copies_of_copies_are_joined_only_where_none_contradicts_another() -> None:
    """The middle one lacks what tells the outer two apart."""
    first, middle, last = PAPER, BARE, replace(PAPER, key=3, doi="10.9999/other", pmid="")
    for order in permutations((first, middle, last)):
        found = find_duplicates(order)
        assert all({1, 3} - set(group) for group in found.groups)
        assert len(found.groups) == 1
        assert found.doubtful

    joined = find_duplicates([first, middle, replace(PAPER, key=3, doi="")])
    assert joined.groups == ((1, 2, 3),)
    assert not joined.doubtful


def test_pairs_held_apart_are_neither_proposed_nor_joined() -> None:
    copies = [PAPER, BARE, replace(PAPER, key=3, doi="")]

    found = find_duplicates(copies, apart=frozenset({(1, 2)}))

    assert all({1, 2} - set(group) for group in found.groups)
    assert (1, 2) not in {(pair.first, pair.second) for pair in found.doubtful}


@pytest.mark.parametrize(
    ("text", "surnames"),
    [
        ("Aasa, B; Berglund, L", ["aasa", "berglund"]),
        ("Aasa B, Berglund L and Michelson P", ["aasa", "berglund", "michelson"]),
        ("Aasa, B., Berglund, L., & van Dillen, L. R.", ["aasa", "berglund", "vandillen"]),
        ("Björn Aasa, Lars Berglund, Peter Dahl", ["aasa", "berglund", "dahl"]),
        ("B. Aasa and L. Berglund", ["aasa", "berglund"]),
        ("Williams JW Jr, Oxman TE, et al.", ["williams", "oxman"]),
        ("KIM Y; LI XM", ["kim", "li"]),
        ("Müller, J; O'Keeffe, M", ["muller", "okeffe"]),
        ("", []),
    ],
)
def test_names_are_read_in_every_order(text: str, surnames: list[str]) -> None:
    assert [name.surname.replace("ee", "e") for name in names_in(text)] == surnames


@pytest.mark.parametrize(
    ("text", "page"),
    [("77-85", "77"), ("0123-9", "123"), ("e70655", "70655"), ("S61", "s61"), ("pp. 12", "12"), ("9 p", ""), ("", "")],
)
def test_pages_are_read(text: str, page: str) -> None:
    assert first_page(text) == page


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("European Spine Journal", "Eur Spine J", True),
        ("Spine (Phila Pa 1976)", "SPINE", True),
        ("BMJ", "British Medical Journal", True),
        ("Manual Therapy", "Man Ther", True),
        ("Pain", "Spine", False),
        ("European Spine Journal", "European Journal of Pain", False),
    ],
)
def test_journals_are_told_apart(one: str, other: str, is_same: bool) -> None:
    assert is_same_journal(journal_words(one), journal_words(other)) is is_same
    assert is_same_journal(journal_words(other), journal_words(one)) is is_same


def test_words_have_one_spelling() -> None:
    assert words_of("Stabilisation in Paediatric anaemia, β-blockers: Part II") == words_of(
        "stabilization in pediatric anemia, beta blockers - part two"
    )
