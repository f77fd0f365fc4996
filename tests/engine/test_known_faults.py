"""Right answers where statsmodels, pymetaanalysis, pimeta, PyMARE or PythonMeta are known to give wrong ones.

The numbers are closed forms or those of metafor 3.8-1 with iterations to 1e-14; none is another program's wrong one.
"""

import math

import numpy as np
import pytest

from analysis import engine
from analysis.engine.effects import escalc
from tests.reference import datasets

# Numbers typed with 15 digits or more, computed here in double precision.
SAME = 1e-12
# An optimum is a root of the score: where it crosses 0 at a small angle, some digits of 16 are lost on both sides.
SAME_OPTIMUM = 1e-9
# dat.bcg of metadat (Colditz et al. 1994, doi:10.1001/jama.1994.03510330076038): counts and absolute latitudes.
BCG_CELLS = {
    "ai": [4, 6, 3, 62, 33, 180, 8, 505, 29, 17, 186, 5, 27],
    "bi": [119, 300, 228, 13536, 5036, 1361, 2537, 87886, 7470, 1699, 50448, 2493, 16886],
    "ci": [11, 29, 11, 248, 47, 372, 10, 499, 45, 65, 141, 3, 29],
    "di": [128, 274, 209, 12619, 5761, 1079, 619, 87892, 7232, 1600, 27197, 2338, 17825],
}
ABLAT = [44, 55, 42, 52, 13, 44, 19, 13, 27, 42, 18, 33, 33]


def bcg(first: int = 13) -> tuple[np.ndarray, np.ndarray]:
    """Return the log risk ratios of the first BCG trials and their variances."""
    effects = escalc("RR", **{name: cells[:first] for name, cells in BCG_CELLS.items()})
    return effects.yi, effects.vi


# statsmodels: combine_effects does not truncate DerSimonian and Laird's tau2.


def test_dl_of_studies_that_agree_too_well_is_the_common_effect_model() -> None:
    """DerSimonian and Laird (1986), equation 8: tau2 is max(0, (Q - df) / C)."""
    yi, vi = np.array([0.10, 0.12, 0.11, 0.14]), np.array([0.05, 0.04, 0.08, 0.06])
    wi = 1.0 / vi
    mean = float(wi @ yi / wi.sum())
    q = float(wi @ (yi - mean) ** 2)
    assert (q - 3.0) / (wi.sum() - wi @ wi / wi.sum()) < -min(vi)  # a negative variance of a study without truncation

    pooled = engine.pool(yi, vi, tau2_method="DL", ci_method="wald")

    assert (pooled.tau2, pooled.i2, pooled.h2, pooled.i2_from_q) == (0.0, 0.0, 1.0, 0.0)
    assert pooled.estimate == pytest.approx(mean, rel=SAME)
    assert pooled.se == pytest.approx(wi.sum() ** -0.5, rel=SAME)
    assert pooled.q == pytest.approx(q, rel=1e-9)  # a small difference of effects that were rounded to 16 digits


# pymetaanalysis: REML of dat.gibson2002's mean differences ends at the lower of two maxima, 0.


def test_reml_of_gibson2002_is_the_higher_of_two_maxima() -> None:
    content = datasets.load("gibson2002-MD")
    yi, vi = datasets.studies(content)

    pooled = engine.pool(yi, vi, ci_method="wald")
    many = engine.pool_many(yi, vi, ci_method="wald")

    assert score(yi, vi, np.zeros(1))[0] < 0.0  # 0 is a maximum too
    assert log_likelihood(yi, vi, np.array([pooled.tau2]))[0] > log_likelihood(yi, vi, np.zeros(1))[0]
    assert pooled.tau2 == pytest.approx(9.679214000303745, rel=SAME_OPTIMUM)
    assert pooled.estimate == pytest.approx(-2.457026984310196, rel=SAME_OPTIMUM)
    assert pooled.se == pytest.approx(1.0640328605782712, rel=SAME_OPTIMUM)
    assert many.tau2[0] == pytest.approx(9.679214000303745, rel=SAME_OPTIMUM)


# pimeta: influence and permutation tests of a Hartung-Knapp model are those of no model.


def test_influence_with_hartung_knapp_uses_its_dispersion() -> None:
    yi, vi = bcg()
    expected = {
        "rstudent": [-0.21359785040772794, -1.286829636919345, -0.74276411917003082, -1.4087798527319511],
        "dffits": [-0.039859473556003555, -0.34226831328788987, -0.15782118964486164, -0.50484910391615889],
        "cook_d": [0.0016974115609100916, 0.11198760425390811, 0.025690796484162972, 0.22692420963460322],
        "cov_r": [1.1514856541053988, 1.0066506787302232, 1.0893444341877734, 1.0127116239931773],
        "tau2_del": [0.336156701803629, 0.29258308399631056, 0.3207379296490363, 0.26275814809100206],
        "dfbs": [-0.039427016440579769, -0.34453417879302445, -0.15712614974525693, -0.49879383737320299],
    }

    found = engine.influence(yi, vi, ci_method="hksj")

    for name, values in expected.items():
        assert np.ravel(getattr(found, name))[:4] == pytest.approx(values, rel=SAME_OPTIMUM), name


@pytest.mark.parametrize(
    ("ci_method", "mods", "p_values", "permutations"),
    [
        # 2 of the 32 changes of sign are as far out: all effects are negative.
        ("hksj", None, [0.0625], 32),
        ("wald", None, [0.0625], 32),
        # The mean at latitude 0: 43 and 88 of the 120 orders, the dispersion decides. The slope: 2 of them either way.
        ("hksj", ABLAT[:5], [43 / 120, 2 / 120], 120),
        ("wald", ABLAT[:5], [88 / 120, 2 / 120], 120),
    ],
)
def test_exact_permutation_test_uses_the_interval_of_the_model(
    ci_method: str, mods: list[int] | None, p_values: list[float], permutations: int
) -> None:
    yi, vi = bcg(5)

    found = engine.permutation_test(yi, vi, mods=mods, exact=True, ci_method=ci_method)

    assert found.p_value == pytest.approx(p_values, rel=SAME)
    assert found.permutations == permutations


# pimeta: an iteration that does not converge is returned as if it had; metafor 3.8-1 refuses these three sets.


@pytest.mark.parametrize(
    ("yi", "vi", "tau2", "estimate", "se"),
    [
        # The score is negative at 0 and everywhere above: the common-effect model, in closed form.
        (
            [-0.02, -0.25, -1.81, -0.47, 0.13],
            [0.05, 0.02, 0.34, 0.08, 0.24],
            0.0,
            -0.2628884026258206,
            0.10563965835775457,
        ),
        # The root of the score by R's uniroot to 1e-16.
        (
            [0.54, 0.51, 0.47, 0.44, -0.28],
            [0.24, 0.34, 0.34, 0.35, 0.01],
            0.1334640727371736,
            0.1552113330583564,
            0.2504652693979458,
        ),
        (
            [-0.09, -0.3, 0.26, -0.11, -0.07],
            [0.26, 0.11, 0.01, 0.36, 0.29],
            0.03749100581168245,
            0.07201171275975371,
            0.164918096281461,
        ),
    ],
)
def test_reml_is_found_where_fisher_scoring_goes_round_in_circles(
    yi: list[float], vi: list[float], tau2: float, estimate: float, se: float
) -> None:
    pooled = engine.pool(yi, vi, ci_method="wald")

    assert pooled.tau2 == pytest.approx(tau2, rel=SAME_OPTIMUM)
    assert pooled.estimate == pytest.approx(estimate, rel=SAME_OPTIMUM)
    assert pooled.se == pytest.approx(se, rel=SAME_OPTIMUM)


# pimeta: zero cells of arcsine differences, proportions, their logits and rate ratios.


@pytest.mark.parametrize(
    ("measure", "columns", "yi", "vi"),
    [
        # Defined with zero cells: nothing is added. asin(0) - asin(sqrt(5 / 22)); 1 / (4 n1) + 1 / (4 n2).
        (
            "AS",
            {"ai": [0, 4], "n1i": [20, 30], "ci": [5, 2], "n2i": [22, 28]},
            [-0.49693249077921992, 0.10324241185593747],
            [0.023863636363636365, 0.017261904761904763],
        ),
        # 0 and 20 of 20: a half is added to events and to non-events, in these studies only.
        (
            "PR",
            {"xi": [0, 3, 20], "ni": [20, 30, 20]},
            [0.5 / 21.0, 0.1, 20.5 / 21.0],
            [0.5 * 20.5 / 21.0**3, 0.09 / 30.0, 0.5 * 20.5 / 21.0**3],
        ),
        (
            "PLO",
            {"xi": [0, 3, 20], "ni": [20, 30, 20]},
            [math.log(0.5 / 20.5), math.log(3.0 / 27.0), math.log(20.5 / 0.5)],
            [2.0 + 1.0 / 20.5, 1.0 / 3.0 + 1.0 / 27.0, 2.0 + 1.0 / 20.5],
        ),
        # No event in 120 against 5 in 110 person-years: a half is added to both counts, not to the times.
        (
            "IRR",
            {"x1i": [0, 4], "t1i": [120, 250], "x2i": [5, 2], "t2i": [110, 260]},
            [math.log(0.5 / 120.0) - math.log(5.5 / 110.0), math.log(4.0 / 250.0) - math.log(2.0 / 260.0)],
            [1.0 / 0.5 + 1.0 / 5.5, 1.0 / 4.0 + 1.0 / 2.0],
        ),
    ],
)
def test_zero_cells_are_treated_by_the_rule_of_the_measure(
    measure: str, columns: dict[str, list[int]], yi: list[float], vi: list[float]
) -> None:
    effects = escalc(measure, **columns)

    assert effects.yi == pytest.approx(yi, rel=SAME)
    assert effects.vi == pytest.approx(vi, rel=SAME)


# PyMARE: the variance of the standardised mean difference in groups of 3 to 5.


def test_smd_of_small_groups_has_hedges_variance() -> None:
    """Hedges (1981), doi:10.3102/10769986006002107; metafor's escalc with vtype "LS"."""
    sizes = [3, 4, 5]
    treated = {"m1i": [1.0, 1.0, 1.0], "sd1i": [1.0, 1.0, 1.0], "n1i": sizes}
    untreated = {"m2i": [0.0, 0.0, 0.0], "sd2i": [2.0, 1.5, 1.0], "n2i": sizes}

    effects = escalc("SMD", **treated, **untreated)

    assert effects.yi == pytest.approx([0.50462650440403201, 0.68140683557837678, 0.90270333367640987], rel=SAME)
    assert effects.vi == pytest.approx([0.68788732574558598, 0.52901970472330861, 0.44074366543152521], rel=SAME)
    expected = [1.0 / n + 1.0 / n + g**2 / (4.0 * n) for n, g in zip(sizes, effects.yi, strict=True)]
    assert effects.vi == pytest.approx(expected, rel=SAME)


# statsmodels: one zero cell changes every study.


def test_a_zero_cell_changes_its_own_study_only() -> None:
    """Closed forms: a half is added to the four cells of the first study; the others keep their counts."""
    columns = {"ai": [0, 4, 12], "n1i": [20, 30, 25], "ci": [5, 2, 12], "n2i": [22, 28, 25]}

    effects = escalc("OR", **columns)
    of_all = escalc("OR", to="all", **columns)

    assert effects.yi == pytest.approx([math.log((0.5 / 20.5) / (5.5 / 17.5)), math.log(2.0), 0.0], rel=SAME, abs=1e-15)
    assert effects.vi == pytest.approx(
        [1 / 0.5 + 1 / 20.5 + 1 / 5.5 + 1 / 17.5, 1 / 4 + 1 / 26 + 1 / 2 + 1 / 26, 2 / 12 + 2 / 13], rel=SAME
    )
    # The other rule is there for those who want it, by name.
    assert of_all.yi[1] == pytest.approx(0.58778666490211906, rel=SAME)
    assert of_all.vi[1] == pytest.approx(0.69769392033542976, rel=SAME)


# PythonMeta: p values are looked up in printed tables.


@pytest.mark.parametrize(
    ("statistic", "p_value"),
    [
        (1.0, 0.317310507862914103),
        (1.96, 0.0499957902964408724),
        (3.29, 0.00100187382757144423),
        (5.0, 5.73303143758387823e-7),
        (8.0, 1.24419211485435682e-15),
        (12.0, 3.552964224155358e-33),
    ],
)
def test_p_value_of_the_estimate_is_exact_far_out(statistic: float, p_value: float) -> None:
    """erfc(z / sqrt 2) to 18 digits, by arithmetic of 30 digits."""
    pooled = engine.pool([statistic], [1.0])

    assert pooled.p_value == pytest.approx(p_value, rel=SAME)


@pytest.mark.parametrize(
    ("q", "p_value"),
    [
        (15.5, 0.215224503039867178),
        (42.6, 0.0000263854816850988845),
        (152.23, 1.99957519797219409e-26),
        (400.0, 3.78452365787646818e-78),
    ],
)
def test_p_value_of_q_is_exact_far_out(q: float, p_value: float) -> None:
    """The upper incomplete gamma function of df / 2 = 6 at q / 2 to 18 digits, by arithmetic of 30 digits."""
    yi = math.sqrt(q / 12.0) * np.array([1.0, -1.0] * 6 + [0.0])

    pooled = engine.pool(yi, np.ones(13))

    assert pooled.q == pytest.approx(q, rel=1e-14)
    # A relative error of 1e-16 in Q is one of q / 2 times as much in a tail that falls as exp(-q / 2).
    assert pooled.q_p_value == pytest.approx(p_value, rel=SAME)


# All of them: iterations of other programs fail on 16 to 97 of 10,000 sets of 20 studies.


def score(yi: np.ndarray, vi: np.ndarray, tau2: np.ndarray) -> np.ndarray:
    """Return twice the derivative of the REML log-likelihood, divided by its second term: B / A - 1."""
    wi = 1.0 / (vi + tau2[:, np.newaxis])
    weight = wi.sum(axis=1)
    mean = (wi * yi).sum(axis=1) / weight
    squares = (wi**2 * (yi - mean[:, np.newaxis]) ** 2).sum(axis=1)
    return squares / (weight - (wi**2).sum(axis=1) / weight) - 1.0


def log_likelihood(yi: np.ndarray, vi: np.ndarray, tau2: np.ndarray) -> np.ndarray:
    """Return the REML log-likelihood but for a constant."""
    wi = 1.0 / (vi + tau2[:, np.newaxis])
    weight = wi.sum(axis=1)
    mean = (wi * yi).sum(axis=1) / weight
    squares = (wi * (yi - mean[:, np.newaxis]) ** 2).sum(axis=1)
    return 0.5 * (np.log(wi).sum(axis=1) - np.log(weight) - squares)


@pytest.mark.parametrize("tau2", [0.1, 0.01])
def test_reml_of_ten_thousand_simulated_sets_is_the_highest_optimum_of_each(tau2: float) -> None:
    rng = np.random.default_rng(20)
    vi = rng.uniform(0.01, 0.5, (10_000, 20))
    yi = rng.normal(0.2, np.sqrt(vi + tau2))

    pooled = engine.pool_many(yi, vi, tau2_method="REML")

    found = pooled.tau2
    is_zero = found == 0.0
    at_optimum = score(yi, vi, found)
    assert found.shape == (10_000,)
    assert np.all(found >= 0.0)
    assert np.all(np.isfinite(pooled.estimate) & (pooled.se > 0.0))
    assert np.any(is_zero)
    assert np.all(at_optimum[is_zero] <= 0.0)
    # Sums of 20 terms round at 1e-15, and tau2 is found to 1e-14 of itself or of a typical variance.
    assert np.max(np.abs(at_optimum[~is_zero])) <= 1e-11
    best = log_likelihood(yi, vi, found)
    for other in (0.0, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0):
        # Two sums of 20 logarithms differ by their rounding.
        assert np.all(log_likelihood(yi, vi, np.full(10_000, other)) <= best + 1e-12)


@pytest.mark.parametrize("tau2", [0.1, 0.01])
def test_reml_of_simulated_sets_one_by_one_equals_all_at_once(tau2: float) -> None:
    rng = np.random.default_rng(21)
    vi = rng.uniform(0.01, 0.5, (100, 20))
    yi = rng.normal(0.2, np.sqrt(vi + tau2))

    many = engine.pool_many(yi, vi)

    for row in range(100):
        one = engine.pool(yi[row], vi[row])
        # Sums in another order: the last digits of tau2, a root, may differ.
        assert many.tau2[row] == pytest.approx(one.tau2, rel=SAME, abs=1e-13)
        assert many.estimate[row] == pytest.approx(one.estimate, rel=SAME, abs=1e-13)
        assert many.se[row] == pytest.approx(one.se, rel=SAME)
