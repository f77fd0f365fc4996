"""Coefficients of agreement where there is little to agree on, and what is refused with which sentence."""

import contextlib
import io
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.engine.agreement import (
    ALPHA_CI_METHODS,
    cohen_kappa,
    fleiss_kappa,
    gwet_ac,
    krippendorff_alpha,
    measure_imbalance,
    pabak,
    percent_agreement,
    ratings_from_counts,
    ratings_from_table,
)
from analysis.engine.errors import InvalidInput, OutOfRange, RaggedLengths, UndefinedResult, WrongShape
from tests.engine.test_agreement import CATEGORIES, COEFFICIENTS, NAMES, numbers

pytestmark = pytest.mark.engine


def test_items_without_two_answers_do_not_move_alpha_and_cohens_kappa() -> None:
    rows: list[list[int | None]] = [[1, 2], [2, 2], [3, 3], [1, 1], [3, 2]]
    more = [*rows, [4, None], [None, 1], [None, None]]

    assert krippendorff_alpha(more, categories=CATEGORIES).estimate == krippendorff_alpha(rows).estimate
    assert numbers(cohen_kappa(more, categories=CATEGORIES)) == numbers(cohen_kappa(rows))
    assert cohen_kappa(more, categories=CATEGORIES).n_items == 5
    assert percent_agreement(more).estimate == pytest.approx(0.6)


def test_perfect_agreement_is_1_and_only_the_share_has_an_interval() -> None:
    rows = [["yes", "yes"]] * 6 + [["no", "no"]] * 4

    for coefficient in (cohen_kappa, fleiss_kappa, gwet_ac, krippendorff_alpha):
        found = coefficient(rows)
        assert (found.estimate, found.se, found.ci_lower, found.ci_method) == (1.0, 0.0, None, "none")
    share, adjusted = percent_agreement(rows), pabak(rows)
    assert (share.estimate, share.ci_upper, adjusted.estimate, adjusted.ci_upper) == (1.0, 1.0, 1.0, 1.0)
    # Wilson's lower limit for 10 of 10 is 1 / (1 + z^2 / 10).
    assert share.ci_lower == pytest.approx(1.0 / (1.0 + 1.959963984540054**2 / 10.0))
    assert adjusted.ci_lower == pytest.approx(2.0 * share.ci_lower - 1.0)


def test_full_disagreement_is_at_the_lower_end() -> None:
    rows = [["yes", "no"]] * 5 + [["no", "yes"]] * 5

    assert cohen_kappa(rows).estimate == pytest.approx(-1.0)
    assert pabak(rows).estimate == gwet_ac(rows).estimate == pytest.approx(-1.0)
    assert percent_agreement(rows).estimate == 0.0


def test_one_category_leaves_kappa_and_alpha_undefined_and_ac1_at_1() -> None:
    rows = [["include", "include"]] * 20
    known = ("include", "exclude")

    for coefficient, name in ((cohen_kappa, "Cohen's kappa"), (fleiss_kappa, "Fleiss' kappa")):
        with pytest.raises(UndefinedResult, match=f"^{name} is undefined: all answers are in one category, so that"):
            coefficient(rows, categories=known)
    with pytest.raises(UndefinedResult, match=r"^Krippendorff's alpha is undefined: all answers are in one category"):
        krippendorff_alpha(rows, categories=known)
    assert gwet_ac(rows, categories=known).estimate == 1.0
    assert pabak(rows, categories=known).estimate == 1.0
    for coefficient in (gwet_ac, pabak):
        with pytest.raises(UndefinedResult, match=r"only one category is known; name all that could be answered$"):
            coefficient(rows)


@pytest.mark.parametrize("coefficient", [*COEFFICIENTS, cohen_kappa], ids=[*NAMES, "cohen"])
@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([], "is undefined: there is no answer"),
        ([[None, None], [None, math.nan]], "is undefined: there is no answer"),
        ([["yes"], ["no"]], "needs answers of at least 2 raters, got 1"),
        ([["yes", None], ["no", None]], "needs answers of at least 2 raters, got 1"),
        ([["yes", None], [None, "no"]], "is undefined: no item has answers of two raters"),
    ],
)
def test_answers_that_share_no_item_are_refused_in_a_sentence(coefficient: Any, rows: list[Any], sentence: str) -> None:
    with pytest.raises(UndefinedResult, match=sentence):
        coefficient(rows, categories=("yes", "no"))


def test_single_item_has_an_estimate_and_no_interval_of_a_mean() -> None:
    rows = [[1, 2, 1]]

    for coefficient in (fleiss_kappa, gwet_ac, krippendorff_alpha, percent_agreement):
        found = coefficient(rows, categories=CATEGORIES)
        assert (found.se, found.ci_lower, found.ci_upper, found.ci_method) == (None, None, None, "none")
    assert percent_agreement(rows).estimate == pytest.approx(1.0 / 3.0)


@pytest.mark.parametrize(
    ("ask", "error", "sentence"),
    [
        (lambda: cohen_kappa([[1, 2, 3]]), WrongShape, "the number of raters in ratings"),
        (lambda: cohen_kappa([[1, 2], [1]]), RaggedLengths, "ratings has 1 value"),
        (lambda: cohen_kappa([["a", "b"]], weights="linear"), InvalidInput, "linear weights need the categories in"),
        (lambda: cohen_kappa([[1, 2]], weights="cubic"), InvalidInput, "weights must be one of"),
        (lambda: cohen_kappa([[1, 5]], categories=(1, 2)), InvalidInput, "ratings holds 5, which is not among"),
        (lambda: cohen_kappa([[1, 2]], categories=(1, 2, 2)), InvalidInput, "holds a category twice"),
        (lambda: cohen_kappa([[1, "b"]]), InvalidInput, "of several kinds; give the categories"),
        (lambda: cohen_kappa([[1, 2]], weights=[[1.0]]), InvalidInput, "must have 2 rows and columns"),
        (lambda: cohen_kappa([[1, 2]], weights=[[1, 0.5], [0.4, 1]]), InvalidInput, "symmetric"),
        (lambda: cohen_kappa([[1, 2]], weights=[[1, 2], [2, 1]]), OutOfRange, "between 0 and 1"),
        (lambda: cohen_kappa([[1, math.inf]]), InvalidInput, "infinite"),
        (lambda: cohen_kappa([[1, (2,)]]), InvalidInput, "an answer must be a text, a number"),
        (lambda: cohen_kappa([[1, 2]], level=95), OutOfRange, "0.95, not 95"),
        (lambda: krippendorff_alpha([["a", "b"]], metric="interval"), InvalidInput, "needs answers that are numbers"),
        (lambda: krippendorff_alpha([["a", "b"]], metric="ordinal"), InvalidInput, "needs the categories in their"),
        (lambda: krippendorff_alpha([[-1, 2]], metric="ratio"), OutOfRange, "at least 0 for the ratio metric"),
        (lambda: krippendorff_alpha([[1, 2]], metric="polar"), InvalidInput, "metric must be one of"),
        (lambda: krippendorff_alpha([[1, 2]], ci_method="normal"), InvalidInput, "ci_method must be one of"),
        (lambda: krippendorff_alpha([[1, 2]], resamples=10), OutOfRange, "resamples must be whole, from 100"),
        (lambda: krippendorff_alpha([[1, 2]], seed=-1), OutOfRange, "seed must be whole"),
        (lambda: measure_imbalance([[1, 2], [3, 3]]), InvalidInput, "need 2 categories, got 3"),
        (lambda: ratings_from_table([[1, 2]]), InvalidInput, "table must be square"),
        (lambda: ratings_from_table([[1, 0.5], [0, 1]]), OutOfRange, "whole and at least 0"),
        (lambda: ratings_from_counts([[1, 2]], categories=("a",)), RaggedLengths, "categories has 1 value"),
    ],
)
def test_what_cannot_be_right_is_refused_by_name(ask: Any, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        ask()


def test_counts_and_tables_become_rows_of_answers() -> None:
    assert ratings_from_counts([[2, 0, 1], [0, 1, 0]], categories="abc") == [["a", "a", "c"], ["b", None, None]]
    assert ratings_from_table([[1, 2], [0, 1]]) == [[1, 1], [1, 2], [1, 2], [2, 2]]


def test_numpy_arrays_with_nan_are_read_like_lists() -> None:
    rows = [[1, 2], [2, 2], [3, None], [1, 1]]
    array = np.array([[np.nan if answer is None else answer for answer in row] for row in rows])

    for coefficient in (*COEFFICIENTS, cohen_kappa):
        assert numbers(coefficient(array, categories=CATEGORIES)) == numbers(coefficient(rows, categories=CATEGORIES))


def test_every_interval_of_alpha_is_wider_at_a_higher_level() -> None:
    rows = [[1, 2, 1], [2, 2, 2], [3, 3, 3], [1, 1, 2], [3, 2, 3], [2, 2, 2], [1, 1, 1], [3, 3, 1]]

    for ci_method in ALPHA_CI_METHODS:
        narrow, wide = (krippendorff_alpha(rows, ci_method=ci_method, level=level) for level in (0.8, 0.99))
        assert wide.ci_lower < narrow.ci_lower < narrow.estimate < narrow.ci_upper < wide.ci_upper


def test_example_of_the_page_prints_what_its_comment_says() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "agreement.md"
    (code,) = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    printed = io.StringIO()

    with contextlib.redirect_stdout(printed):
        exec(code, {})

    (expected,) = re.findall(r"# (.*)$", code, flags=re.MULTILINE)
    assert printed.getvalue().strip() == expected
