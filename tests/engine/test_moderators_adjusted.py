"""Inflation factors and adjusted predictions: closed forms, what holds for all data, and bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.engine import Design, InvalidInput, NotNumeric, UnknownOption, pool, predict
from analysis.engine.moderators import adjusted_predictions, variance_inflation
from tests.engine.strategies import studies

YI = np.array([0.1, 0.5, -0.3, 0.9, 1.4, 0.7, 0.2, 0.6, 0.4])
VI = np.array([0.02, 0.05, 0.03, 0.04, 0.06, 0.02, 0.03, 0.05, 0.04])
DOSE = np.array([1.0, 2.0, 2.0, 4.0, 5.0, 6.0, 3.0, 7.0, 4.0])
SITE = ["a", "b", "c", "a", "b", "c", "a", "b", "c"]
BLIND = ["no", "no", "yes", "yes", "no", "yes", "yes", "no", "no"]


@given(studies(least=6), st.data())
@settings(max_examples=30, deadline=None)
def test_inflation_of_two_moderators_is_that_of_their_correlation(
    data: tuple[np.ndarray, np.ndarray], draw: st.DataObject
) -> None:
    yi, vi = data
    one = np.arange(float(yi.size))
    other = np.array(
        draw.draw(st.permutations(range(yi.size)).filter(lambda order: abs(np.corrcoef(order, one)[0, 1]) < 0.99))
    )
    fit = pool(yi, vi, mods={"one": one, "other": other.astype(float)}, tau2_method="DL", ci_method="wald")

    found = variance_inflation(fit)

    wi = fit.weights
    left, right = one - wi @ one, other - wi @ other
    r2 = (wi @ (left * right)) ** 2 / ((wi @ left**2) * (wi @ right**2))
    for factor in found.coefficients:
        # 1 / (1 - r2) loses two digits at r = 0.99.
        assert factor.vif == pytest.approx(1.0 / (1.0 - r2), rel=1e-9)
        assert factor.sif == pytest.approx(factor.vif**0.5, rel=1e-14)


def test_single_moderator_is_not_inflated() -> None:
    found = variance_inflation(pool(YI, VI, mods=DOSE))

    assert [(factor.name, factor.vif) for factor in found.coefficients] == [("mod", 1.0)]


def test_terms_of_a_category_are_taken_together_whatever_its_reference() -> None:
    renamed = [{"a": "z"}.get(site, site) for site in SITE]
    first = variance_inflation(pool(YI, VI, mods={"site": SITE, "dose": DOSE}))
    second = variance_inflation(pool(YI, VI, mods={"site": renamed, "dose": DOSE}))

    assert [factor.name for factor in first.terms] == ["site", "dose"]
    assert first.terms[0].coefficients == ("site[b]", "site[c]")
    # The generalised factor does not depend on the coding; those of single coefficients do.
    assert second.terms[0].vif == pytest.approx(first.terms[0].vif, rel=1e-11)
    assert abs(second.coefficients[0].vif - first.coefficients[0].vif) > 0.01
    assert first.terms[0].sif == pytest.approx(first.terms[0].vif ** 0.25, rel=1e-14)


def test_sets_of_coefficients_can_be_asked_for() -> None:
    fit = pool(YI, VI, mods={"site": SITE, "dose": DOSE})

    found = variance_inflation(fit, together={"all sites": ["site[b]", "site[c]"], "dose": "dose"})

    assert [factor.vif for factor in found.terms] == [factor.vif for factor in variance_inflation(fit).terms]
    for wrong in (["nothing"], [], ["dose", "dose"], ["intercept"]):
        with pytest.raises(InvalidInput, match="the set"):
            variance_inflation(fit, together={"wrong": wrong})


def test_inflation_without_an_intercept_counts_all_columns() -> None:
    X = np.column_stack([np.ones(9), DOSE])
    fit = pool(YI, VI, mods=Design(X=X, names=("one", "dose"), terms=("one", "dose")), ci_method="wald")

    found = variance_inflation(fit)

    correlation = fit.covariance[0, 1] / (fit.se[0] * fit.se[1])
    assert found.coefficients[0].vif == pytest.approx(1.0 / (1.0 - correlation**2), rel=1e-11)


def test_predictions_with_everything_at_its_average_are_at_the_means() -> None:
    fit = pool(YI, VI, mods=np.column_stack([DOSE, DOSE**2]))

    (found,) = adjusted_predictions(fit, at={})

    (expected,) = predict(fit, [1.0, DOSE.mean(), (DOSE**2).mean()])
    assert (found.estimate, found.pi_upper, found.at) == (expected.estimate, expected.pi_upper, ())


def test_predictions_are_made_for_all_combinations() -> None:
    mods = {"dose": DOSE, "site": SITE}
    fit = pool(YI, VI, mods=mods)

    found = adjusted_predictions(fit, at={"dose": [2.0, 4.0], "site": ["c", "a"]}, mods=mods)

    assert [row.at for row in found] == [
        (("dose", 2.0), ("site", "c")),
        (("dose", 2.0), ("site", "a")),
        (("dose", 4.0), ("site", "c")),
        (("dose", 4.0), ("site", "a")),
    ]
    expected = predict(fit, [[1, 2, 0, 1], [1, 2, 0, 0], [1, 4, 0, 1], [1, 4, 0, 0]])
    assert [row.estimate for row in found] == [row.estimate for row in expected]
    assert [row.ci_lower for row in found] == [row.ci_lower for row in expected]


def test_categories_count_all_levels_alike_or_as_observed() -> None:
    mods = {"blind": BLIND, "dose": DOSE}
    fit = pool(YI, VI, mods=mods)

    (alike,) = adjusted_predictions(fit, at={"dose": 3.0})
    (observed,) = adjusted_predictions(fit, at={"dose": 3.0}, average="observed")

    np.testing.assert_array_equal(alike.X, [1.0, 0.5, 3.0])
    np.testing.assert_array_equal(observed.X, [1.0, 4.0 / 9.0, 3.0])
    levels = adjusted_predictions(fit, at={"blind": None, "dose": 3.0}, mods=mods)
    # The mean of the marginal means, by one addition and one division.
    assert alike.estimate == pytest.approx(np.mean([row.estimate for row in levels]), rel=1e-14)


def test_interactions_are_products_of_what_their_moderators_are_set_to() -> None:
    mods = {"site": SITE, "dose": DOSE, "site:dose": None}
    fit = pool(YI, VI, mods=mods)

    (first, second) = adjusted_predictions(fit, at={"site": ["a", "b"]}, mods=mods)

    np.testing.assert_array_equal(first.X, [1.0, 0.0, 0.0, DOSE.mean(), 0.0, 0.0])
    np.testing.assert_array_equal(second.X, [1.0, 1.0, 0.0, DOSE.mean(), DOSE.mean(), 0.0])


def test_column_with_a_colon_in_its_name_is_a_moderator_of_its_own() -> None:
    fit = pool(YI, VI, mods={"x": DOSE, "y": DOSE**2, "x:y": DOSE**0.5})

    (found,) = adjusted_predictions(fit, at={"x:y": 1.5})

    np.testing.assert_array_equal(found.X, [1.0, DOSE.mean(), (DOSE**2).mean(), 1.5])


def test_reference_level_has_no_name_without_the_moderators() -> None:
    fit = pool(YI, VI, mods={"site": SITE})

    found = adjusted_predictions(fit, at={"site": None})

    assert [row.at[0][1] for row in found] == ["reference", "b", "c"]


def test_common_effect_predictions_have_no_prediction_interval() -> None:
    (found,) = adjusted_predictions(pool(YI, VI, mods=DOSE, tau2_method="CE"), at={"mod": 1.0})

    assert (found.pi_lower, found.pi_upper, found.pi_distribution) == (None, None, None)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"at": {"age": 1.0}}, InvalidInput, 'at names "age", which is not among the moderators: site, dose'),
        ({"at": {"site": ["d"]}}, InvalidInput, 'site has no level "d": its levels are reference, b, c'),
        ({"at": {"dose": None}}, InvalidInput, "at must give numbers for dose"),
        ({"at": {"dose": "high"}}, NotNumeric, "dose must hold numbers only"),
        ({"at": {}, "average": "mean"}, UnknownOption, "average must be one of"),
        ({"at": {}, "mods": {"site": SITE}}, InvalidInput, "mods are not those of the model"),
    ],
)
def test_wrong_arguments_are_refused_by_name(options: dict, error: type[Exception], words: str) -> None:
    fit = pool(YI, VI, mods={"site": SITE, "dose": DOSE})

    with pytest.raises(error, match=words):
        adjusted_predictions(fit, **options)
