"""No consistent claim is asked about, and docs/claims.md says how many planted errors are found."""

from pathlib import Path

import pytest

from tests.claims import measuring

DOCS = (Path(__file__).parents[2] / "docs" / "claims.md").read_text(encoding="utf-8")


def test_no_consistent_claim_is_asked_about():
    documents, claims = measuring.size()
    assert claims >= 300
    assert f"{claims:,} claims in {documents} documents" in DOCS
    rows = measuring.false_alarms()
    assert [row for row in rows if not row.endswith("| 0 |")] == []
    assert [row for row in rows if row not in DOCS] == []


def test_each_check_finds_what_the_docs_say():
    rows = measuring.detection()
    assert [row for row in rows if row not in DOCS] == []
    assert not [row for row in rows if "| 0 | 0 |" in row], "no error of this kind is planted"


@pytest.mark.parametrize("check", ["percent", "sums", "table_sum", "q_df", "significance_word"])
def test_exact_checks_find_every_planted_error(check):
    names = {one.id: one.name for one in measuring.CHECKS}
    (row,) = [row for row in DOCS.splitlines() if row.startswith(f"| {names[check]} |") and row.endswith("% |")]
    assert row.endswith("100 % |")
