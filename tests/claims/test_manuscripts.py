"""Whole manuscripts of our own, each with slips in it: what is asked about is them, and nothing else."""

from pathlib import Path

import pytest

from analysis.claims import Document, check_document
from analysis.claims.grammar import read_claims

FOLDER = Path(__file__).parent / "manuscripts"
# For each manuscript what is asked about: the check, its place, and a part of the arithmetic.
SLIPS = {
    "knee": [
        ("percent", "line 35", "12 of 310 is 3.871 %; printed is 4.9 %"),
        ("summary_text", "line 7", "abstract, line 7: 0.21 (0.08 to 0.34); results, line 30: 0.21 (0.08 to 0.35)"),
    ],
    "statins": [
        ("interval_middle", "line 25", "the estimate is printed as 0·76"),
        ("p_interval", "line 19", "0·91 with 0·85 to 0·97 gives p between 0.001225 and 0.01778; printed is 0·40"),
        ("p_side", "line 19", "leaves out 1, so that p is below 0.05; printed is 0·40"),
        ("significance_word", "line 20", "the interval 0·99 to 1·21 includes 1"),
        (
            "summary_text",
            "line 7",
            "0·91 (0·85 to 0·97), p value 0·004; results, line 19",
        ),
    ],
}


@pytest.mark.parametrize("name", SLIPS)
def test_slips_of_a_manuscript_are_found_and_nothing_else(name):
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    asked = [one for one in check_document(Document(read_claims(text))) if not one.holds]
    found = sorted((one.check, one.places[0], one.says) for one in asked)
    assert len(found) == len(SLIPS[name]), found
    for (check, place, says), (kind, line, part) in zip(found, SLIPS[name], strict=True):
        assert check == kind
        assert place.endswith(line)
        assert part in says
