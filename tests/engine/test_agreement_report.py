"""The report of agreement: groups and pairs from plain rows, each coefficient with its value or its reason."""

from typing import Any

import pytest

from analysis.engine.agreement import (
    Agreement,
    Alpha,
    AnswerScale,
    FirstAnswer,
    GroupAgreement,
    Undefined,
    cohen_kappa,
    fleiss_kappa,
    gwet_ac,
    krippendorff_alpha,
    pabak,
    percent_agreement,
    report_agreement,
)
from analysis.engine.errors import InvalidInput, OutOfRange

pytestmark = pytest.mark.engine

TWO = AnswerScale("nominal", ("include", "exclude"))
LEVELS = AnswerScale("ordinal", ("low", "some", "high"))
NUMBER = AnswerScale("number")


def rows_of(group: str, **answers: str) -> list[FirstAnswer]:
    """Give rows from one letter for each item, by reader; a dot where the reader gave no answer."""
    words = {"i": "include", "e": "exclude", "l": "low", "s": "some", "h": "high"}
    return [
        FirstAnswer(group, f"item {place:02}", reader, words[letter])
        for reader, letters in answers.items()
        for place, letter in enumerate(letters)
        if letter != "."
    ]


def report(rows: list[FirstAnswer], **scales: AnswerScale) -> tuple[GroupAgreement, ...]:
    return report_agreement(rows, scales=scales)


def test_pair_has_the_coefficients_of_its_answers_and_their_table() -> None:
    rows = rows_of("screening", anna="iieeeeie", ben="iieeieee")
    pairs = [["include", "include"]] * 2 + [["exclude", "exclude"]] * 2
    pairs += [["exclude", "include"], ["exclude", "exclude"], ["include", "exclude"], ["exclude", "exclude"]]
    options: dict[str, Any] = {"categories": TWO.categories}

    (found,) = report(rows, screening=TWO)
    (pair,) = found.pairs

    assert (found.group, found.readers, found.n_items, found.overall) == ("screening", ("anna", "ben"), 8, None)
    assert (pair.first, pair.second, pair.n_items) == ("anna", "ben", 8)
    assert pair.table == ((2, 1), (1, 4))
    assert pair.coefficients.percent == percent_agreement(pairs, **options)
    assert pair.coefficients.kappa == cohen_kappa(pairs, **options)
    assert pair.coefficients.ac == gwet_ac(pairs, **options)
    assert pair.coefficients.pabak == pabak(pairs, **options)
    assert pair.coefficients.alpha == krippendorff_alpha(pairs, **options)
    assert pair.coefficients.weighted_kappa is None
    assert pair.imbalance is not None
    assert pair.imbalance.prevalence_index == pytest.approx(-0.25)


def test_three_readers_have_a_line_together_and_one_for_each_pair_that_shares_an_item() -> None:
    rows = rows_of("overall", anna="lshlsh..", ben="lsslshh.", carl="......hl", dora="......s.")

    (found,) = report(rows, overall=LEVELS)

    assert found.readers == ("anna", "ben", "carl", "dora")
    assert [(pair.first, pair.second, pair.n_items) for pair in found.pairs] == [
        ("anna", "ben", 6),
        ("ben", "carl", 1),
        ("ben", "dora", 1),
        ("carl", "dora", 1),
    ]
    assert found.n_items == 7
    assert found.overall is not None
    assert isinstance(found.overall.kappa, Agreement)
    matrix = [["low", "low"], ["some", "some"], ["high", "some"], ["low", "low"], ["some", "some"], ["high", "high"]]
    matrix = [[*row, None, None] for row in matrix] + [[None, "high", "high", "some"]]
    assert found.overall.kappa == fleiss_kappa(matrix, categories=LEVELS.categories)
    assert found.overall.weighted_kappa == fleiss_kappa(matrix, weights="linear", categories=LEVELS.categories)
    assert found.overall.ac == gwet_ac(matrix, weights="linear", categories=LEVELS.categories)
    assert isinstance(found.overall.alpha, Alpha)
    assert found.overall.alpha == krippendorff_alpha(matrix, metric="ordinal", categories=LEVELS.categories)


def test_ordinal_pair_has_weights_and_plain_kappa_beside_them() -> None:
    rows = rows_of("overall", anna="lshlshll", ben="lsslshhl")

    pair = report(rows, overall=LEVELS)[0].pairs[0]

    kappa, weighted, ac = pair.coefficients.kappa, pair.coefficients.weighted_kappa, pair.coefficients.ac
    assert isinstance(kappa, Agreement)
    assert isinstance(weighted, Agreement)
    assert isinstance(ac, Agreement)
    assert (kappa.weights, weighted.weights, ac.weights) == ("identity", "linear", "linear")
    assert pair.imbalance is None


def test_numbers_have_agreement_to_the_digit_and_an_interval_alpha() -> None:
    values = [(3.4, 3.4), (1.2, 1.2), (5.0, 4.9), (2.2, 2.2), (7.1, 7.1)]
    rows = [
        FirstAnswer("sd", str(place), name, pair[side])
        for place, pair in enumerate(values)
        for side, name in enumerate("ab")
    ]

    pair = report(rows, sd=NUMBER)[0].pairs[0]

    assert isinstance(pair.coefficients.percent, Agreement)
    assert pair.coefficients.percent.estimate == pytest.approx(0.8)
    assert isinstance(pair.coefficients.alpha, Alpha)
    assert (pair.coefficients.alpha.metric, pair.coefficients.alpha.estimate > 0.99) == ("interval", True)
    assert isinstance(pair.coefficients.kappa, Undefined)
    assert "no categories" in pair.coefficients.kappa.sentence
    assert (pair.table, pair.categories) == ((), ())


def test_one_category_has_agreement_and_ac1_and_says_why_not_kappa_and_alpha() -> None:
    pair = report(rows_of("screening", anna="eeeee", ben="eeeee"), screening=TWO)[0].pairs[0]

    assert isinstance(pair.coefficients.ac, Agreement)
    assert pair.coefficients.ac.estimate == 1.0
    for undefined in (pair.coefficients.kappa, pair.coefficients.alpha):
        assert isinstance(undefined, Undefined)
        assert "all answers are in one category" in undefined.sentence


def test_items_of_one_reader_and_missing_answers_are_left_out() -> None:
    rows = rows_of("screening", anna="iie.", ben="i.ee", carl="....")
    rows.append(FirstAnswer("screening", "item 01", "carl", None))

    (found,) = report(rows, screening=TWO)

    assert (found.n_items, found.readers) == (2, ("anna", "ben"))


def test_group_without_answers_is_there_with_nothing_in_it() -> None:
    found = report(rows_of("screening", anna="iie", ben="iie"), full_text=TWO, screening=TWO)

    assert [(one.group, one.n_items, len(one.pairs)) for one in found] == [("full_text", 0, 0), ("screening", 3, 1)]


def test_groups_together_are_each_group_alone_and_the_order_of_rows_changes_nothing() -> None:
    groups = {
        "screening": rows_of("screening", anna="iieeeeie", ben="iieeieee", carl="ieeeieee"),
        "overall": rows_of("overall", anna="lshlsh", ben="lsslsh"),
    }
    scales = {"screening": TWO, "overall": LEVELS}

    together = report_agreement([*groups["overall"], *groups["screening"]][::-1], scales=scales)

    for found in together:
        assert report_agreement(groups[found.group], scales={found.group: scales[found.group]}) == (found,)


@pytest.mark.parametrize(
    ("rows", "options", "error", "sentence"),
    [
        (rows_of("other", anna="i", ben="i"), {}, InvalidInput, 'does not say what the answers of "other" mean'),
        (rows_of("screening", anna="i") * 2, {}, InvalidInput, '"anna" answers "item 00" of "screening" twice'),
        (rows_of("screening", anna="h", ben="h"), {}, InvalidInput, "'high', which is not among the categories"),
        ([], {"level": 95}, OutOfRange, "0.95, not 95"),
        ([], {"seed": -1}, OutOfRange, "seed must be whole"),
    ],
)
def test_rows_that_cannot_be_right_are_refused(
    rows: list[FirstAnswer], options: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        report_agreement(rows, scales={"screening": TWO}, **options)


@pytest.mark.parametrize(
    ("kind", "categories", "sentence"),
    [
        ("ordered", (), "kind must be one of"),
        ("ordinal", ("low",), "needs its categories in their order"),
        ("number", (1, 2), "a scale of numbers has no categories"),
    ],
)
def test_scale_that_means_nothing_is_refused(kind: str, categories: tuple[Any, ...], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        AnswerScale(kind, categories)
