"""Network meta-analysis: what must hold for all networks, and what is refused by name."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import engine
from analysis.engine.errors import (
    InvalidInput,
    OutOfRange,
    RaggedLengths,
    TooFewStudies,
    UndefinedResult,
    UnknownOption,
)
from analysis.engine.network import (
    DisconnectedNetwork,
    IncompleteStudy,
    InconsistentEffects,
    InconsistentVariances,
    RepeatedComparison,
    SameTreatment,
    UnknownTreatment,
    adjust_funnel,
    comparisons_from_means,
    decompose_designs,
    fit_evidence,
    fit_network,
    net_heat,
    p_scores,
    parts_of,
    read_comparisons,
    split_evidence,
)
from analysis.engine.network.evidence import shared

# Inverses of well-conditioned matrices of fewer than 30 contrasts: 1e-16 times their condition, below 1e4 here.
EXACT = 1e-9
LETTERS = "ABCDE"


def comparisons(rows):
    """Give keyword arguments of rows "study first second effect variance"."""
    parts = [row.split() for row in rows]
    return {
        "yi": [float(part[3]) for part in parts],
        "vi": [float(part[4]) for part in parts],
        "study": [part[0] for part in parts],
        "treatment_1": [part[1] for part in parts],
        "treatment_2": [part[2] for part in parts],
    }


def fit(rows, **options):
    return fit_network(**comparisons(rows), **options)


LOOP = ["1 A B 1.0 0.1", "2 B C 0.5 0.2", "3 A C 2.0 0.3", "4 A B 1.4 0.2"]


@st.composite
def networks(draw):
    """Draw arms of studies that join all treatments: the first study of each pair of neighbours, then others."""
    n = draw(st.integers(2, 5))
    sets = [(place, place + 1) for place in range(n - 1)]
    others = st.sets(st.integers(0, n - 1), min_size=2, max_size=4).map(sorted)
    sets += [tuple(members) for members in draw(st.lists(others, min_size=1, max_size=6))]
    level, error = st.floats(-3.0, 3.0), st.floats(0.2, 2.0)
    rows = [
        (f"s{number}", LETTERS[member], draw(level), draw(error))
        for number, members in enumerate(sets)
        for member in members
    ]
    study, treatment, levels, errors = (list(column) for column in zip(*rows, strict=True))
    # Ten people with this standard deviation: the level's standard error is `error`.
    return comparisons_from_means(
        levels, np.array(errors) * np.sqrt(10.0), np.full(len(levels), 10.0), treatment=treatment, study=study
    )


def arguments(pairs, order=None):
    """Give keyword arguments of comparisons, in another order."""
    order = list(range(len(pairs.study))) if order is None else order
    return {
        "yi": pairs.yi[order],
        "vi": pairs.vi[order],
        "study": [pairs.study[row] for row in order],
        "treatment_1": [pairs.treatment_1[row] for row in order],
        "treatment_2": [pairs.treatment_2[row] for row in order],
    }


def by_least_squares(network):
    """Give estimates of all pairs by generalised least squares with the covariances of multi-arm studies."""
    evidence, information, pull = network.evidence, 0.0, 0.0
    for arms in evidence.studies:
        effects, covariance = arms.contrasts(0)
        rows = np.zeros((effects.size, evidence.n))
        rows[:, arms.members[0]] = -1.0
        rows[np.arange(effects.size), list(arms.members[1:])] = 1.0
        inverse = np.linalg.inv(covariance + (network.tau2 or 0.0) * shared(effects.size))
        information, pull = information + rows.T @ inverse @ rows, pull + rows.T @ inverse @ effects
    solved = np.linalg.pinv(information)
    levels, own = solved @ pull, np.diagonal(solved)
    return levels[:, None] - levels, np.sqrt(np.maximum(own[:, None] + own - 2.0 * solved, 0.0))


@settings(max_examples=40, deadline=None)
@given(networks(), st.sampled_from(["common_effect", "random_effects"]))
def test_reduced_weights_equal_covariances(pairs, model):
    network = fit_network(**arguments(pairs), model=model)

    estimate, se = by_least_squares(network)

    np.testing.assert_allclose(network.estimate, estimate, atol=1e-8)
    np.testing.assert_allclose(network.se, se, atol=1e-6)  # the root of rounding on the diagonal


@settings(max_examples=30, deadline=None)
@given(networks(), st.randoms(use_true_random=False))
def test_order_and_direction_of_comparisons_do_not_matter(pairs, random):
    order = random.sample(range(len(pairs.study)), len(pairs.study))
    given_ = arguments(pairs, order)
    turned = given_ | {
        "yi": -given_["yi"],
        "treatment_1": given_["treatment_2"],
        "treatment_2": given_["treatment_1"],
    }

    one, other = fit_network(**arguments(pairs)), fit_network(**turned)

    np.testing.assert_allclose(one.estimate, other.estimate, atol=1e-8)
    np.testing.assert_allclose((one.q, one.tau2 or 0.0), (other.q, other.tau2 or 0.0), rtol=1e-7, atol=1e-8)


@settings(max_examples=30, deadline=None)
@given(networks())
def test_parts_of_q_add_up_and_no_degree_of_freedom_is_lost(pairs):
    network = fit_network(**arguments(pairs))

    parts = decompose_designs(network.evidence)

    assert parts.total.q == pytest.approx(network.q, rel=1e-8, abs=1e-8)
    assert parts.total.q_df == network.q_df == parts.within.q_df + parts.between.q_df
    assert sum(design.inconsistency for design in parts.designs) == pytest.approx(parts.between.q, rel=1e-6, abs=1e-8)
    assert parts.between.q >= -1e-8
    for design in parts.designs:
        if design.detached is not None:
            assert design.detached.q <= parts.between.q + 1e-8


@settings(max_examples=30, deadline=None)
@given(networks())
def test_network_estimates_are_means_of_direct_and_indirect_ones(pairs):
    network = fit_network(**arguments(pairs))

    for split in split_evidence(network):
        assert 0.0 <= split.proportion <= 1.0
        if split.direct is not None and split.indirect is not None:
            mean = split.proportion * split.direct.estimate + (1.0 - split.proportion) * split.indirect.estimate
            assert mean == pytest.approx(split.network.estimate, abs=1e-8)
            assert split.direct.se >= split.network.se * (1.0 - 1e-9)


@settings(max_examples=30, deadline=None)
@given(networks())
def test_p_scores_have_mean_one_half_and_turn_with_the_direction(pairs):
    network = fit_network(**arguments(pairs))

    small = p_scores(network, small_values_are_good=True)
    large = p_scores(network, small_values_are_good=False)

    assert small.mean() == pytest.approx(0.5)
    np.testing.assert_allclose(small + large, 1.0)


@settings(max_examples=30, deadline=None)
@given(networks())
def test_hat_matrix_projects(pairs):
    network = fit_network(**arguments(pairs))

    np.testing.assert_allclose(network.hat @ network.hat, network.hat, atol=1e-7)
    assert network.leverage.sum() == pytest.approx(network.n - 1)
    np.testing.assert_allclose(network.hat @ network.evidence.yi, network.fitted, atol=1e-7)


@pytest.mark.parametrize("tau2_method", ["DL", "REML", "ML", "PM"])
def test_two_treatments_are_an_ordinary_meta_analysis(tau2_method):
    rows = ["1 A B 1.0 0.1", "2 A B 0.2 0.2", "3 A B 2.0 0.3", "4 A B 1.4 0.2"]
    network = fit(rows, tau2_method=tau2_method)
    pooled = engine.pool([1.0, 0.2, 2.0, 1.4], [0.1, 0.2, 0.3, 0.2], tau2_method=tau2_method, ci_method="wald")

    mine = (network.estimate[0, 1], network.se[0, 1], network.tau2, network.q, network.p_value[0, 1])
    assert mine == pytest.approx((pooled.estimate, pooled.se, pooled.tau2, pooled.q, pooled.p_value), rel=EXACT)


def test_a_closed_loop_is_the_mean_of_direct_and_indirect():
    """By hand: the direct A - C is 2 (variance 0.3), the indirect one 1.5 (variance 0.3)."""
    network = fit(LOOP[:3], model="common_effect")
    a, c = network.place("A"), network.place("C")

    assert network.estimate[a, c] == pytest.approx(1.75)
    assert network.se[a, c] ** 2 == pytest.approx(0.15)
    assert network.q == pytest.approx(0.5**2 / 0.6)
    split = next(each for each in split_evidence(network) if (each.treatment_1, each.treatment_2) == ("A", "C"))
    assert (split.proportion, split.indirect.estimate) == pytest.approx((0.5, 1.5))


def test_no_degree_of_freedom_leaves_tau2_undefined():
    network = fit(["1 A B 1.0 0.1", "2 B C 0.5 0.2"])

    assert (network.q_df, network.tau2, network.i2, network.q_p_value, network.pi_lower) == (0, None, None, None, None)
    assert network.se[0, 2] ** 2 == pytest.approx(0.3)
    parts = decompose_designs(network.evidence)
    assert (parts.tau2_within, parts.between_random, parts.between.q_p_value) == (None, None, None)
    assert all(split.difference is None for split in split_evidence(network))


def test_prediction_intervals_need_two_degrees_of_freedom():
    assert fit(LOOP[:3]).pi_lower is None
    assert fit(LOOP).pi_lower is not None
    assert fit(LOOP, model="common_effect").pi_lower is None


def test_one_degree_of_freedom_has_no_interval_of_i2_where_q_is_small():
    network = fit(LOOP[:3])

    assert (network.i2, network.i2_ci_lower, network.i2_ci_upper) == (0.0, None, None)


def test_disconnected_networks_name_their_parts():
    with pytest.raises(DisconnectedNetwork, match=r"2 parts.*\(1\) A, B, C; \(2\) D, E") as caught:
        fit([*LOOP, "9 D E 1.0 0.1"])

    assert caught.value.parts == (("A", "B", "C"), ("D", "E"))
    assert parts_of(["A"], ["B"]) == (("A", "B"),)


THREE = ["1 A B 1.0 0.2", "1 A C 3.0 0.2", "1 B C 2.0 0.2"]


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        ([*THREE[:2]], IncompleteStudy),
        ([*THREE[:2], "1 B C 2.1 0.2"], InconsistentEffects),
        ([*THREE[:2], "1 B C 2.0 0.9"], InconsistentVariances),
        (["1 A A 1.0 0.2"], SameTreatment),
        (["1 A B 1.0 0.2", "1 B A 1.0 0.2"], RepeatedComparison),
    ],
)
def test_comparisons_that_cannot_stand_together_are_refused(rows, error):
    with pytest.raises(error, match='study "1"'):
        fit(rows)


def test_rounding_within_the_tolerance_is_shared_out():
    rows = [*THREE[:2], "1 B C 2.1 0.2"]
    with pytest.raises(InconsistentEffects, match="instead of 0"):
        read_comparisons(**comparisons(rows))

    network = fit([*rows, "2 A B 1.0 0.2"], tolerance=0.5)

    # Equal weights move each effect by a third of the gap of 0.1.
    np.testing.assert_allclose(network.evidence.yi[:3], [1.0 - 0.1 / 3, 3.0 + 0.1 / 3, 2.1 - 0.1 / 3])


def test_bad_arguments_are_refused():
    good = comparisons(LOOP)
    with pytest.raises(TooFewStudies):
        fit([])
    with pytest.raises(RaggedLengths):
        fit_network(**(good | {"study": ["1"]}))
    with pytest.raises(InvalidInput, match="names"):
        fit_network(**(good | {"treatment_1": ["A", "", "A", "A"]}))
    with pytest.raises(UnknownOption):
        fit(LOOP, model="fixed")
    with pytest.raises(UnknownOption):
        fit(LOOP, tau2_method="SJ")
    with pytest.raises(OutOfRange):
        fit(LOOP, tolerance=-1.0)
    with pytest.raises(UnknownTreatment, match='"Z"'):
        fit(LOOP).place("Z")


def test_net_heat_needs_two_loops():
    evidence = fit(LOOP).evidence
    with pytest.raises(UndefinedResult, match="no loop"):
        net_heat(evidence)
    with pytest.raises(UndefinedResult, match="no design has two studies"):
        net_heat(fit(LOOP[:3]).evidence, model="random_effects")
    with pytest.raises(UnknownTreatment):
        net_heat(evidence, reference="Z")


def six_designs(first):
    """Give all six pairs of four treatments, one study each, consistent where A - B is 1."""
    effects = {"A B": first, "A C": 2.0, "A D": 3.0, "B C": 1.0, "B D": 2.0, "C D": 1.0}
    return [f"{number} {pair} {effect} 0.1" for number, (pair, effect) in enumerate(effects.items())]


def test_net_heat_leaves_out_designs_without_inconsistency():
    with pytest.raises(UndefinedResult, match="fewer than two designs"):
        net_heat(fit(six_designs(1.0)).evidence)


def test_detaching_a_design_takes_its_degrees_of_freedom():
    parts = decompose_designs(fit(six_designs(4.0)).evidence)

    assert (parts.between.q_df, [design.detached.q_df for design in parts.designs]) == (3, [2] * 6)
    # A - B alone is three too large: half of it is seen against the two indirect paths.
    assert parts.between.q == pytest.approx(9.0 / (0.1 + 0.1))
    assert parts.designs[0].detached.q == pytest.approx(0.0, abs=1e-9)  # the rest fits but for rounding


def test_net_heat_points_at_the_design_that_disagrees():
    heat = net_heat(fit(six_designs(4.0)).evidence)

    place = heat.names.index("B:A")
    assert np.argmax(np.diagonal(heat.heat)) == place
    # Setting it free takes all inconsistency away, so that its column is the diagonal.
    np.testing.assert_allclose(heat.heat[:, place], np.diagonal(heat.heat), atol=1e-8)
    np.testing.assert_allclose(np.diagonal(heat.share), 0.5)  # two indirect paths of twice the variance


def test_funnel_takes_comparators_or_a_full_order():
    network = fit(LOOP, model="common_effect")

    some = adjust_funnel(network, order=["B"])
    every = adjust_funnel(network, order=["C", "B", "A"])

    assert some.rows.tolist() == [0, 1, 3]
    assert [network.treatments[place] for place in some.second] == ["B", "B", "B"]
    centre = (1.0 / 0.1 + 1.4 / 0.2) / (1.0 / 0.1 + 1.0 / 0.2)
    np.testing.assert_allclose(some.adjusted, [1.0 - centre, 0.0, 1.4 - centre], atol=1e-12)
    np.testing.assert_allclose(every.adjusted[[0, 3]], [centre - 1.0, centre - 1.4], atol=1e-12)
    assert every.egger is not None
    assert adjust_funnel(network, order=["C"]).egger is None
    for order in (["Z"], [], ["A", "A"]):
        with pytest.raises(InvalidInput):
            adjust_funnel(network, order=order)


def test_fitting_read_comparisons_gives_the_same():
    evidence = read_comparisons(**comparisons(LOOP))

    np.testing.assert_array_equal(fit_evidence(evidence).estimate, fit(LOOP).estimate)


def test_results_cannot_be_changed():
    network = fit(LOOP)
    with pytest.raises(ValueError, match="read-only"):
        network.estimate[0, 1] = 0.0
