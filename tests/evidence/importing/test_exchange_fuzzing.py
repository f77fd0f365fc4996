"""Damaged files of the exchange formats: whatever bytes are changed, there is no crash and no half of an import.

Each format is tried with as many inputs as EXAMPLES says, or QUORUM_FUZZ, mutated from a small good file.
"""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence.models import ChangeBatch, FlowCount, Judgement, Review, Study
from tests.evidence.importing.asked import ask, table
from tests.evidence.importing.comparisons import means, row
from tests.evidence.importing.test_prisma import NUMBERS
from tests.evidence.importing.test_robvis import TABLES
from tests.factories import make_membership, make_user
from tests.fuzzing import tries

pytestmark = pytest.mark.django_db

EXAMPLES = 60
GOOD = {
    "metapsy": table(
        [
            row(**means(10.5, 14.5), sg=1, ac=0, mean_age=40.5, full_ref="Abe, A trial. doi:10.1000/x"),
            row("Bo, 2011", outcome_type="response", event_arm1=3, event_arm2=4, totaln_arm1=10, totaln_arm2=11),
            row("Cy, 2012", precalc_g=0.5, precalc_g_se=0.25, mean_age=30.5),
        ],
        separator=";",
        decimal=",",
    ).encode(),
    "robvis": TABLES["rob2"].encode(),
    "prisma": "\n".join(["data,n", *(f'{name},"{text}"' for name, text in NUMBERS.items())]).encode(),
}
PIECES = st.sampled_from(
    [
        b"",
        b"\0",
        b"\xff",
        b'"',
        b";",
        b",",
        b"\n",
        b"\r",
        b"NA",
        b"-1",
        b"1e308",
        b"1,234",
        b"nan",
        "−½".encode(),
        b"=1+1",
    ]
) | st.binary(max_size=6)
CUTS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), PIECES), min_size=1, max_size=6)


def damaged(content: bytes, cuts: list[tuple[float, int, bytes]]) -> bytes:
    """Give a file of which pieces are cut out and others put in."""
    for place, length, piece in cuts:
        at = int(place * len(content))
        content = content[:at] + piece + content[at + length :]
    return content


def stand() -> tuple[int, ...]:
    """Give how much is stored."""
    return tuple(model.objects.count() for model in (Review, Study, Judgement, FlowCount, ChangeBatch))


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("code", GOOD)
def test_damaged_file_is_read_or_refused_but_never_half_written(code, tmp_path):
    owner = make_user("ann")
    path: Path = tmp_path / "damaged.csv"

    @settings(max_examples=tries(EXAMPLES), deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(CUTS)
    def try_one(cuts: list[tuple[float, int, bytes]]) -> None:
        path.write_bytes(damaged(GOOD[code], cuts))
        review = make_membership(user=owner).review
        before = stand()

        result = ask(code, path, review, owner)

        assert all(one.sentence for one in result.errors)
        if not result.is_saved:
            assert result.errors
            assert stand() == before

    try_one()
