"""Models of rare events in networks: what must hold for all counts, what is left out, and what is refused by name."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.engine.errors import (
    EngineError,
    InvalidInput,
    NotConverged,
    OutOfRange,
    RaggedLengths,
    TooFewStudies,
    UndefinedResult,
)
from analysis.engine.network import (
    RARE_EVENT_MODELS,
    DisconnectedNetwork,
    NothingLeft,
    RepeatedComparison,
    UnknownTreatment,
    comparisons_from_events,
    fit_hypergeometric,
    fit_mantel_haenszel,
    fit_network,
    hypergeometric,
    hypergeometric_network,
    mantel_haenszel_network,
    p_scores,
    read_rare_events,
)
from analysis.engine.tables import pool_mantel_haenszel

MODELS = (mantel_haenszel_network, hypergeometric_network)
# Inverses of well-conditioned matrices of fewer than 30 contrasts, and a Newton search to double precision.
EXACT = 1e-9
LETTERS = "ABCD"


def arms(rows):
    """Give keyword arguments of rows "study treatment events total"."""
    parts = [row.split() for row in rows]
    return {
        "events": [float(part[2]) for part in parts],
        "totals": [float(part[3]) for part in parts],
        "study": [part[0] for part in parts],
        "treatment": [part[1] for part in parts],
    }


LOOP = ["1 A 3 90", "1 B 5 80", "2 B 4 70", "2 C 2 75", "3 A 6 99", "3 C 1 60", "4 A 2 50", "4 B 3 55", "4 C 5 58"]


@st.composite
def counts(draw):
    """Draw arms of studies that join all treatments, with few events; those without an answer are not drawn."""
    n = draw(st.integers(2, 4))
    sets = [(place, place + 1) for place in range(n - 1)]
    others = st.sets(st.integers(0, n - 1), min_size=2, max_size=4).map(sorted)
    sets += [tuple(members) for members in draw(st.lists(others, min_size=1, max_size=5))]
    rows = []
    for number, members in enumerate(sets):
        for member in members:
            total = draw(st.integers(20, 90))
            rows.append(f"s{number} {LETTERS[member]} {draw(st.integers(0, 5))} {total}")
    given_arms = arms(rows)
    try:
        network = mantel_haenszel_network(**given_arms)
    except EngineError:
        assume(False)
    assume(network.n == n)
    return given_arms


def reorder(columns, order):
    return {name: [values[row] for row in order] for name, values in columns.items()}


@settings(max_examples=30, deadline=None)
@given(counts(), st.randoms(use_true_random=False), st.sampled_from(MODELS))
def test_order_of_studies_and_arms_does_not_matter(columns, random, model):
    order = list(range(len(columns["study"])))
    random.shuffle(order)

    one, other = model(**columns), model(**reorder(columns, order))

    np.testing.assert_allclose(other.estimate, one.estimate, atol=EXACT)
    np.testing.assert_allclose(other.se, one.se, rtol=EXACT, atol=EXACT)
    assert one.q == pytest.approx(other.q, abs=EXACT)


@settings(max_examples=30, deadline=None)
@given(counts(), st.permutations(LETTERS), st.sampled_from(MODELS))
def test_names_of_treatments_do_not_matter(columns, names, model):
    renamed = columns | {"treatment": [names[LETTERS.index(name)] for name in columns["treatment"]]}

    one, other = model(**columns), model(**renamed)

    places = [other.place(names[LETTERS.index(name)]) for name in one.treatments]
    np.testing.assert_allclose(other.estimate[np.ix_(places, places)], one.estimate, atol=EXACT)
    np.testing.assert_allclose(other.se[np.ix_(places, places)], one.se, rtol=EXACT, atol=EXACT)


@settings(max_examples=30, deadline=None)
@given(counts(), st.sampled_from(MODELS))
def test_estimates_are_consistent_and_turn_with_the_pair(columns, model):
    network = model(**columns)

    estimate = network.estimate
    np.testing.assert_allclose(estimate, -estimate.T, atol=1e-15)
    np.testing.assert_array_equal(network.se, network.se.T)
    around = estimate[:, :, np.newaxis] + estimate[np.newaxis, :, :]
    np.testing.assert_allclose(around, np.broadcast_to(estimate[:, np.newaxis, :], around.shape), atol=1e-12)
    np.testing.assert_allclose(network.ci_lower, -network.ci_upper.T, atol=1e-12)
    assert np.all(network.p_value.diagonal() == 1.0)


@settings(max_examples=30, deadline=None)
@given(counts())
def test_counting_non_events_turns_signs_of_the_mantel_haenszel_model(columns):
    turned = columns | {"events": [n - x for x, n in zip(columns["events"], columns["totals"], strict=True)]}

    one, other = mantel_haenszel_network(**columns), mantel_haenszel_network(**turned)

    np.testing.assert_allclose(other.estimate, -one.estimate, atol=EXACT)
    np.testing.assert_allclose(other.se, one.se, rtol=EXACT)
    assert one.q == pytest.approx(other.q, abs=EXACT)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 5), st.integers(20, 90)] * 2), min_size=1, max_size=8))
def test_two_treatments_are_the_ordinary_mantel_haenszel_odds_ratio(tables):
    ai, n1i, ci, n2i = (np.array(column, dtype=float) for column in zip(*tables, strict=True))
    assume(ai.sum() > 0 and ci.sum() > 0)
    k = len(tables)
    ordinary = pool_mantel_haenszel(ai=ai, n1i=n1i, ci=ci, n2i=n2i)

    network = mantel_haenszel_network(
        [*ai, *ci], [*n1i, *n2i], treatment=["A"] * k + ["B"] * k, study=[f"s{row % k}" for row in range(2 * k)]
    )

    assert network.estimate[0, 1] == pytest.approx(ordinary.estimate, abs=EXACT)
    assert network.se[0, 1] == pytest.approx(ordinary.se, rel=EXACT)
    assert network.ci_upper[0, 1] == pytest.approx(ordinary.ci_upper, abs=EXACT)
    assert (network.q_df, network.q_p_value) == (0, None)


def test_one_study_for_each_design_is_the_common_effect_network():
    columns = arms(LOOP)
    pairs = comparisons_from_events(**columns)
    names = {"treatment_1": pairs.treatment_1, "treatment_2": pairs.treatment_2, "study": pairs.study}
    ordinary = fit_network(pairs.yi, pairs.vi, **names, model="common_effect")

    network = mantel_haenszel_network(**columns)

    np.testing.assert_allclose(network.estimate, ordinary.estimate, atol=EXACT)
    np.testing.assert_allclose(network.se, ordinary.se, atol=EXACT)
    assert (network.q, network.q_df) == (pytest.approx(ordinary.q, rel=EXACT), ordinary.q_df)
    assert network.q_p_value == pytest.approx(ordinary.q_p_value, rel=EXACT)
    assert (network.k, network.m, network.n, network.d) == (4, 6, 3, 4)


def test_hypergeometric_model_of_one_study_gives_its_risk_ratio():
    """Breslow's approximation counts people with the event with replacement."""
    network = hypergeometric_network([3, 8], [100, 120], treatment=["A", "B"], study=["1", "1"])

    assert network.estimate[0, 1] == pytest.approx(np.log(3 / 100) - np.log(8 / 120), rel=1e-12)
    assert network.se[0, 1] == pytest.approx(np.sqrt(1 / 3 + 1 / 8), rel=1e-12)
    assert (network.q, network.q_df, network.q_p_value) == (None, None, None)


@settings(max_examples=30, deadline=None)
@given(counts())
def test_the_hypergeometric_likelihood_is_nowhere_higher(columns):
    network = hypergeometric_network(**columns)
    studies = hypergeometric._list_studies(network.data)  # the likelihood has no public name
    levels = network.estimate[:, 0]

    height = hypergeometric._height(studies, levels)

    for direction in np.vstack([np.eye(network.n), -np.eye(network.n)]):
        assert hypergeometric._height(studies, levels + 0.01 * direction) < height


def test_rarer_events_bring_the_models_together():
    rows = ["1 A 30 {n}", "1 B 50 {n}", "2 B 40 {n}", "2 C 20 {n}"]
    gaps = []
    for people in (200, 2000, 20000):
        columns = arms([row.format(n=people) for row in rows])
        one, other = (model(**columns) for model in MODELS)
        gaps.append(float(np.abs(one.estimate - other.estimate).max()))

    assert gaps[0] > 5 * gaps[1] > 25 * gaps[2]
    assert gaps[2] < 5e-3


def test_level_sets_the_interval_and_results_cannot_change():
    for model in MODELS:
        narrow, wide = model(**arms(LOOP), level=0.8), model(**arms(LOOP))
        assert narrow.level == 0.8
        assert np.all(narrow.ci_upper[0, 1:] < wide.ci_upper[0, 1:])
        assert not wide.estimate.flags.writeable
        assert wide.model in RARE_EVENT_MODELS


@pytest.mark.parametrize("model", MODELS)
def test_p_scores_rank_the_treatments(model):
    network = model(**arms(LOOP))

    small = p_scores(network, small_values_are_good=True)

    assert small.sum() == pytest.approx(network.n / 2)
    assert np.argmax(small) == np.argmin(network.estimate[:, 0])
    np.testing.assert_allclose(small, 1.0 - p_scores(network, small_values_are_good=False))


# --- what is left out

SPARSE = [
    *LOOP,
    *("5 A 0 40", "5 B 0 50"),  # nobody
    *("6 A 9 9", "6 C 7 7"),  # everybody
    *("7 A 1 30", "7 D 0 30", "8 A 2 30", "8 D 0 20"),  # D has no event in this design, which ends with one treatment
    *("9 B 1 30", "9 C 0 30", "9 D 3 33", "10 B 2 30", "10 C 0 30", "10 D 1 30"),  # C has none in this one
    *("11 C 2 30", "11 D 8 8"),  # D has nothing else
]


def test_studies_arms_and_designs_without_information_are_left_out_by_name():
    data = read_rare_events(**arms(SPARSE))

    assert [(each.study, each.why) for each in data.left_out_studies] == [("5", "no_events"), ("6", "all_events")]
    assert [(each.treatment, each.design, each.studies, each.why) for each in data.left_out_arms] == [
        ("D", ("A", "D"), ("7", "8"), "no_events"),
        ("C", ("B", "C", "D"), ("9", "10"), "no_events"),
        ("D", ("C", "D"), ("11",), "all_events"),
    ]
    assert [(each.design, each.studies) for each in data.left_out_designs] == [
        (("A", "D"), ("7", "8")),
        (("C", "D"), ("11",)),
    ]
    assert (data.lost, data.parts) == ((), (("A", "B", "C", "D"),))
    assert (data.studies_with("D"), data.studies_with("C")) == (2, 3)


@pytest.mark.parametrize("model", MODELS)
def test_a_design_that_lost_a_treatment_counts_with_the_others(model):
    """The arms of C in studies 9 and 10 say nothing, as if these studies had compared B and D only."""
    without = [row for row in SPARSE if row.split()[:2] not in (["9", "C"], ["10", "C"])]
    one, other = model(**arms(SPARSE)), model(**arms(without))

    np.testing.assert_allclose(one.estimate, other.estimate, atol=EXACT)
    np.testing.assert_allclose(one.se, other.se, atol=EXACT)
    assert one.q == other.q


def test_a_correction_keeps_designs_and_changes_all_their_cells():
    data = read_rare_events(**arms(SPARSE), correction=0.5)

    assert (data.left_out_arms, data.left_out_designs, data.lost) == ((), (), ())
    assert len(data.left_out_studies) == 2
    by_name = {design.name: design for design in data.designs}
    assert [name for name, design in by_name.items() if design.is_corrected] == [
        ("A", "D"),
        ("B", "C", "D"),
        ("C", "D"),
    ]
    np.testing.assert_array_equal(by_name["A", "D"].events, [[1.5, 0.5], [2.5, 0.5]])
    np.testing.assert_array_equal(by_name["A", "D"].totals, [[31.0, 31.0], [31.0, 21.0]])
    np.testing.assert_array_equal(by_name["A", "B"].events, [[3.0, 5.0]])


def test_a_correction_changes_nothing_where_no_treatment_needs_it():
    for model in MODELS:
        np.testing.assert_array_equal(model(**arms(LOOP), correction=0.5).estimate, model(**arms(LOOP)).estimate)


def test_single_zeros_in_a_design_are_no_reason_to_leave_arms_out():
    network = mantel_haenszel_network(**arms(["1 A 0 50", "1 B 3 50", "2 A 2 60", "2 B 0 40"]))

    assert (network.k, network.data.left_out_arms) == (2, ())


def test_a_treatment_that_no_design_has_any_more_is_lost():
    data = read_rare_events(**arms([*LOOP, "9 A 1 30", "9 Z 0 30"]))

    assert (data.lost, data.treatments) == (("Z",), ("A", "B", "C"))
    with pytest.raises(UnknownTreatment):
        fit_mantel_haenszel(data).place("Z")


@pytest.mark.parametrize("fit", [fit_mantel_haenszel, fit_hypergeometric])
def test_a_network_that_falls_into_parts_is_refused_and_each_part_can_be_analysed(fit):
    data = read_rare_events(**arms([*LOOP, "8 A 0 30", "8 D 2 30", "9 D 1 30", "9 E 4 30"]))

    assert data.parts == (("A", "B", "C"), ("D", "E"))
    with pytest.raises(DisconnectedNetwork, match=r"\(1\) A, B, C; \(2\) D, E"):
        fit(data)
    assert fit(data.restrict(("A", "B", "C"))).n == 3
    assert fit(data.restrict(("D", "E"))).k == 1


# --- what is refused


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"measure": "RR"}, InvalidInput, "measure must be \"OR\".*got 'RR'"),
        ({"correction": -0.5}, OutOfRange, "correction must be at least 0"),
        ({"level": 95}, OutOfRange, "level must be between 0 and 1"),
        ({"events": [3.0, 91.0]}, OutOfRange, "events must be at most the number of people, got 91 at index 1"),
        ({"events": [-1.0, 3.0]}, OutOfRange, "events must be at least 0"),
        ({"totals": [90.0, 0.0]}, OutOfRange, "totals must be above 0"),
        ({"treatment": ["A", "A"]}, RepeatedComparison, "more than once"),
        ({"treatment": ["A", ""]}, InvalidInput, "treatment must hold names"),
        ({"study": [1, 1]}, InvalidInput, "study must hold names"),
        ({"study": ["1", "2"]}, InvalidInput, "has one arm only"),
        ({"study": ["1"]}, RaggedLengths, "study has 1 value"),
        ({name: [] for name in ("events", "totals", "treatment", "study")}, TooFewStudies, "needs at least 1 study"),
        ({"events": [0.0, 0.0]}, NothingLeft, "no study is left"),
        ({"events": [0.0, 3.0]}, NothingLeft, "one at most has both outcomes: 1"),
    ],
)
def test_input_that_cannot_be_right_is_refused_by_a_sentence(model, change, error, says):
    with pytest.raises(error, match=says):
        model(**(arms(["1 A 3 90", "1 B 5 80"]) | change))


def test_counts_of_a_design_that_give_no_odds_ratio_are_refused():
    """B has events only where everybody in A has."""
    rows = ["1 A 5 5", "1 B 2 40", "2 A 1 50", "2 B 0 30"]

    with pytest.raises(UndefinedResult, match=r'of "B" and "A" in the design A vs B.*in none of its studies'):
        mantel_haenszel_network(**arms(rows))
    assert hypergeometric_network(**arms(rows)).k == 2


def test_a_design_without_a_covariance_matrix_is_refused():
    """Two studies of five treatments whose sizes have nothing in common."""
    events = [65, 39, 6, 2, 0, 1, 1, 4, 570, 12]
    totals = [278, 44, 431, 161, 10, 82, 126, 8, 732, 323]

    with pytest.raises(UndefinedResult, match=r"design A vs B vs C vs D vs E is undefined.*not positive definite"):
        mantel_haenszel_network(events, totals, treatment=[*"ABCDE"] * 2, study=["1"] * 5 + ["2"] * 5)


def test_a_search_that_does_not_end_is_an_error(monkeypatch):
    monkeypatch.setattr(hypergeometric, "MOST_STEPS", 1)

    with pytest.raises(NotConverged, match="hypergeometric"):
        hypergeometric_network(**arms(LOOP))
