"""All doubts about the studies of a review together: which are asked, of which row, and which are left out."""

import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.doubts import Kind, questions_about
from tests.evidence.doubts import rates
from tests.evidence.doubts.rows import WHOLE_NRS, arm, contrast, moment, study

AT = moment(WHOLE_NRS)


def kinds(*studies: object) -> list[tuple[str, object, Kind]]:
    return [(one.study, one.key, one.doubt.kind) for one in questions_about(studies)]  # type: ignore[arg-type]


def test_usual_study_raises_no_question() -> None:
    # 143 and 203 points of 38 and 39 people; the contrast is their difference.
    rows = arm(1, AT, n=38, mean="3.76", sd="1.90"), arm(2, AT, n=39, mean="5.21", sd="2.03")
    between = contrast(AT, estimate="-1.45", ci_lower="-2.34", ci_upper="-0.56", p_value="0.002", n_first=38)
    assert kinds(study("Abe_2010", *rows, contrasts=(between,))) == []


def test_each_row_is_asked_about_by_its_key() -> None:
    first, second = arm(1, AT, n=41, mean="3.77"), arm(2, AT, n=38, mean="5.21", sd="6.2")
    between = contrast(AT, estimate="1.45", n_second=44)
    assert kinds(study("Abe_2010", first, second, contrasts=(between,))) == [
        ("Abe_2010", 1, Kind.N_ABOVE_RANDOMISED),
        ("Abe_2010", 1, Kind.GRIM),
        ("Abe_2010", 2, Kind.SD_TOO_LARGE),
        ("Abe_2010", "contrast", Kind.N_ABOVE_RANDOMISED),
        ("Abe_2010", "contrast", Kind.ARMS_SWAPPED),
    ]


def test_plainer_doubt_stands_for_the_finer_ones() -> None:
    # An SD that no score on the scale can have is not also called impossible for whole scores.
    assert kinds(study("Abe_2010", arm(1, AT, n=20, mean="5.00", sd="9.99"))) == [("Abe_2010", 1, Kind.SD_TOO_LARGE)]


def test_equal_numbers_with_other_digits_are_judged_apart() -> None:
    assert kinds(study("Abe_2010", arm(1, AT, n=28, mean="5.2"))) == []
    assert kinds(study("Abe_2010", arm(1, AT, n=28, mean="5.20"))) == [("Abe_2010", 1, Kind.GRIM)]
    assert kinds(study("Abe_2010", arm(1, AT, n=28, mean="5.2"))) == []


def test_adjusted_means_are_not_of_whole_scores() -> None:
    assert kinds(study("Abe_2010", arm(1, moment(WHOLE_NRS, is_adjusted=True), n=28, mean="5.19"))) == []


def test_baseline_of_studies_without_a_lot_is_not_compared() -> None:
    start = moment(week=0)
    rows = arm(1, start, n=40, mean="7.2", sd="1.5"), arm(2, start, n=40, mean="4.6", sd="1.5")
    assert kinds(study("Abe_2010", *rows)) == [("Abe_2010", 1, Kind.BASELINE)]
    assert kinds(study("Abe_2010", *rows, is_randomised=False)) == []


def test_se_among_the_sds_of_other_studies_is_asked_about() -> None:
    others = [study(f"Study_{n}", arm(1, n=30 + n, mean="4.4", sd=f"{1.8 + n / 10:.1f}")) for n in range(4)]
    assert kinds(*others, study("Abe_2010", arm(1, n=36, mean="4.1", sd="0.33"))) == [("Abe_2010", 1, Kind.SE_AS_SD)]


def test_question_is_the_same_until_a_number_changes() -> None:
    def digest(mean: str, n: int = 28) -> str:
        (one,) = questions_about([study("Abe_2010", arm(1, AT, n=n, mean=mean))])
        return one.digest

    assert digest("5.19") == digest("5.190")
    assert len({digest("5.19"), digest("5.23"), digest("5.19", 29)}) == 3


@given(
    st.lists(
        st.tuples(st.lists(st.integers(0, 10), min_size=5, max_size=30), st.sampled_from([1, 2])),
        min_size=1,
        max_size=4,
    )
)
def test_real_scores_raise_no_doubt_of_scale_or_grain(samples: list[tuple[list[int], int]]) -> None:
    rows = []
    for place, (scores, number) in enumerate(samples):
        n, mean = len(scores), Decimal(sum(scores)) / len(scores)
        sd = (sum((score - mean) ** 2 for score in scores) / (n - 1)).sqrt()
        values = {"mean": f"{mean:.2f}", "sd": f"{sd:.2f}" if sd > Decimal("0.005") else None}
        given_values = {name: text for name, text in values.items() if text is not None}
        rows.append(arm(number, moment(WHOLE_NRS, week=place), n=n, key=place, **given_values))
    never = {Kind.GRIM, Kind.GRIMMER, Kind.SD_IMPOSSIBLE, Kind.SD_TOO_LARGE, Kind.OFF_SCALE, Kind.SPREADS_DISAGREE}
    assert not never & {kind for _, _, kind in kinds(study("Abe_2010", *rows))}


def test_demonstration_raises_no_doubt_and_takes_no_time() -> None:
    studies = rates.demonstration()
    begin = time.process_time()
    assert questions_about(studies) == []
    # 58 studies, well under a second on any machine.
    assert time.process_time() - begin < 0.5
    assert len(studies) == 58


def test_real_database_raises_the_doubts_that_the_documentation_counts() -> None:
    path = rates.REAL / "depression-psyctr_2024.csv"
    if not path.exists():
        pytest.skip(f"needs {path.name}: QUORUM_TEST_DATA names the folder that holds test_only/metapsy")
    rows, found, _ = rates.counts(rates.metapsy(path))
    assert rows == 3240
    document = (rates.ROOT / "docs" / "doubts.md").read_text(encoding="utf-8")
    for kind, count in found.items():
        lines = [line for line in document.splitlines() if line.startswith(f"| {kind.heading} |")]
        assert any(line.endswith(f"| {count} ({count / rows * 100:.2f}) |") for line in lines), (kind, count)
