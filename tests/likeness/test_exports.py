"""Real records: none of them is a copy of another, as somebody who read them found, and rewritten ones are found."""

import random
from dataclasses import replace

import pytest

from evidence.likeness import Verdict, find_duplicates, judge, plainly
from tests.likeness import exports
from tests.likeness.rewriting import COPIES

pytestmark = pytest.mark.skipif(not exports.are_here(), reason="needs the real exports beside the repository")


def test_no_two_of_the_exported_records_are_taken_for_one() -> None:
    """Labelled by reading all 71 titles: many are alike (diseases of cocker spaniels), none is there twice."""
    records = exports.exports()
    found = find_duplicates(records)

    assert len(records) == 71
    assert found.groups == ()
    assert found.doubtful == ()


def test_no_two_references_of_a_living_review_are_taken_for_one() -> None:
    """Each study has its own reference in the review, in several styles of writing."""
    records = exports.references()
    found = find_duplicates(records)

    assert len(records) > 470
    assert found.groups == ()
    assert found.doubtful == ()


def test_real_records_written_as_others_write_them_are_found() -> None:
    chance = random.Random(1)
    verdicts = [
        judge(plainly(record), plainly(replace(write(record, chance), key=10**6))).verdict
        for record in exports.exports()
        if record.authors and record.pages
        for write in COPIES
    ]

    assert len(verdicts) > 500
    assert verdicts.count(Verdict.CLEAR) / len(verdicts) > 0.9
    assert verdicts.count(Verdict.DIFFERENT) / len(verdicts) < 0.02
