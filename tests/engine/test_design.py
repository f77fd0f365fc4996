"""Moderators become a design matrix, or a sentence."""

import numpy as np
import pytest

from analysis.engine import Design, EngineError, InvalidInput, NonFinite, NotNumeric, RaggedLengths, pool, read_design

YI, VI = [0.1, 0.5, 0.2, 0.9, 0.4, 0.3], [0.1, 0.2, 0.1, 0.3, 0.1, 0.2]
DOSE, KIND = [1.0, 2.0, 4.0, 3.0, 5.0, 2.5], ["b", "a", "c", "a", "b", "c"]


def test_numbers_stay_and_categories_are_coded_against_the_first_level() -> None:
    design = read_design({"dose": DOSE, "kind": KIND}, k=6)

    assert design.names == ("intercept", "dose", "kind[b]", "kind[c]")
    assert design.terms == ("intercept", "dose", "kind", "kind")
    assert design.X[:, 1].tolist() == DOSE
    assert design.X[:, 2].tolist() == [1, 0, 0, 0, 1, 0]
    assert design.X[:, 3].tolist() == [0, 0, 1, 0, 0, 1]


def test_first_category_has_all_its_levels_without_an_intercept() -> None:
    design = read_design({"kind": KIND, "side": ["l", "l", "r", "r", "l", "r"]}, k=6, intercept=False)

    assert design.names == ("kind[a]", "kind[b]", "kind[c]", "side[r]")
    assert not design.has_intercept


def test_interaction_is_the_product_of_its_columns() -> None:
    design = read_design({"dose": DOSE, "side": [True, False, True, False, True, False], "dose:side": None}, k=6)

    assert design.names == ("intercept", "dose", "side[True]", "dose:side[True]")
    assert design.X[:, 3].tolist() == (design.X[:, 1] * design.X[:, 2]).tolist()


def test_arrays_are_numbered() -> None:
    assert read_design(DOSE, k=6).names == ("intercept", "mod")
    assert read_design(np.column_stack([DOSE, np.square(DOSE)]), k=6).names == ("intercept", "mod1", "mod2")


def test_a_design_is_returned_as_it_is() -> None:
    design = read_design(DOSE, k=6)

    assert read_design(design, k=6) is design
    assert pool(YI, VI, mods=design).names == ("intercept", "mod")
    with pytest.raises(RaggedLengths, match="mods has 6 value"):
        read_design(design, k=5)


def test_design_cannot_be_changed() -> None:
    design = read_design(DOSE, k=6)

    assert isinstance(design, Design)
    with pytest.raises(ValueError, match="read-only"):
        design.X[0, 0] = 2.0


@pytest.mark.parametrize(
    ("mods", "error", "sentence"),
    [
        ({"dose": [1.0] * 6}, InvalidInput, "dose is 1 in every study: it explains nothing"),
        ({"kind": ["a"] * 6}, InvalidInput, 'kind is "a" in every study: it explains nothing'),
        (
            {"dose": DOSE, "twice": np.multiply(2.0, DOSE)},
            InvalidInput,
            'the moderator "twice" is determined by the columns before it: intercept, dose',
        ),
        ({"dose": DOSE[:5]}, RaggedLengths, "dose has 5 value(s), but yi has 6"),
        ({"kind": KIND[:5]}, RaggedLengths, "kind has 5 value(s), but yi has 6"),
        ({"dose": [*DOSE[:5], np.nan]}, NonFinite, "dose is missing or infinite at index 5"),
        ({"kind": [*KIND[:5], None]}, InvalidInput, "kind is missing at index 5"),
        ({"kind": [*KIND[:5], ""]}, InvalidInput, "kind is missing at index 5"),
        ({"dose": [1j] * 6}, NotNumeric, "dose must hold numbers only"),
        ({"dose": DOSE, "dose:kind": None}, InvalidInput, 'the interaction "dose:kind" names "kind"'),
        ([DOSE, DOSE], RaggedLengths, "mods has 2 value(s), but yi has 6"),
    ],
)
def test_bad_moderators_are_refused_in_a_sentence(mods: object, error: type[EngineError], sentence: str) -> None:
    with pytest.raises(error) as caught:
        pool(YI, VI, mods=mods)

    assert str(caught.value).startswith(sentence)


def test_as_many_coefficients_as_studies_are_refused() -> None:
    with pytest.raises(EngineError, match="needs at least 4 studies, got 3"):
        pool(YI[:3], VI[:3], mods={"dose": DOSE[:3], "squared": np.square(DOSE[:3])})
