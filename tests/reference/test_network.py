"""Network meta-analysis agrees with netmeta and with the same models computed in R from their definitions."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.engine.network import (
    Network,
    adjust_funnel,
    comparisons_from_events,
    comparisons_from_means,
    decompose_designs,
    fit_network,
    net_heat,
    p_scores,
    split_evidence,
)

FOLDER = Path(__file__).parent / "network"
NETMETA = ("senn2013", "franchini2012", "hasselblad1998", "baker2009")
COMPUTED = (*NETMETA, "dong2013")
# Both sides solve the same equations in double precision; inverses of matrices of up to 64 contrasts cost some digits.
EXACT = 1e-9
# netmeta prints 17 digits; its pseudo-inverse sets entries near 0 to 0, which costs some digits of far tails.
PRINTED = 1e-9
# p values near 1e-140 hold the error of the statistic times its size squared.
TAIL = 1e-8
# Net heat adds differences of products of inverses; entries near 0 are compared with the largest entry.
HEAT = 1e-8


@cache
def load(name: str) -> dict[str, Any]:
    """Return one file of references."""
    content: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return content


def netmeta(name: str) -> dict[str, Any]:
    """Return what netmeta prints for a data set."""
    answer: dict[str, Any] = load("netmeta")["datasets"][name]
    return answer


def fit_printed(name: str, *, model: str = "random_effects") -> Network:
    """Return the network of the comparisons that netmeta was given: as printed, else of all arms of the data set."""
    given = netmeta(name)
    if "TE" not in given:
        return fit_computed(name, "DL" if model == "random_effects" else "CE")
    names = {"treatment_1": given["treatment_1"], "treatment_2": given["treatment_2"], "study": given["study"]}
    return fit_network(given["TE"], np.square(given["seTE"]), **names, model=model, tau2_method="DL")


@cache
def fit_computed(name: str, tau2_method: str) -> Network:
    """Return the network of the comparisons of all arms of a data set; CE is the common-effect model."""
    arms = load(name)["arms"]
    rows = {"treatment": [arm["treatment"] for arm in arms], "study": [arm["study"] for arm in arms]}
    columns = {key: [arm[key] for arm in arms] for key in arms[0] if key not in rows}
    if "events" in columns:
        pairs = comparisons_from_events(columns["events"], columns["total"], **rows)
    else:
        pairs = comparisons_from_means(columns["mean"], columns["sd"], columns["total"], **rows)
    model = "common_effect" if tau2_method == "CE" else "random_effects"
    return fit_network(
        pairs.yi,
        pairs.vi,
        treatment_1=pairs.treatment_1,
        treatment_2=pairs.treatment_2,
        study=pairs.study,
        model=model,
        tau2_method="DL" if tau2_method == "CE" else tau2_method,
    )


def close(mine: Any, theirs: Any, *, tolerance: float = EXACT, floor: float = 1.0) -> None:
    """Compare numbers relative to the reference, those below `floor` absolutely."""
    np.testing.assert_allclose(
        np.asarray(mine, dtype=float), np.asarray(theirs, dtype=float), rtol=tolerance, atol=tolerance * floor
    )


@pytest.mark.parametrize("name", NETMETA)
@pytest.mark.parametrize("model", ["common", "random"])
def test_estimates_equal_those_of_netmeta(name, model):
    printed = netmeta(name)

    fit = fit_printed(name, model="common_effect" if model == "common" else "random_effects")

    row = fit.place(printed["reference"])
    assert list(fit.treatments) == printed["trts"]
    close(fit.estimate[row], printed[f"TE_{model}"], tolerance=PRINTED)
    close(fit.se[row], printed[f"seTE_{model}"], tolerance=PRINTED)
    scores = p_scores(fit, small_values_are_good=printed["small_values"] == "desirable")
    close(scores, printed["pscore"][model], tolerance=PRINTED)


@pytest.mark.parametrize("name", NETMETA)
def test_intervals_and_p_values_equal_those_of_netmeta(name):
    printed = netmeta(name)

    fit = fit_printed(name)

    row = fit.place(printed["reference"])
    others = [place for place in range(fit.n) if place != row]
    close(fit.ci_lower[row], printed["lower_random"], tolerance=PRINTED)
    close(fit.pi_lower[row], printed["lower_predict"], tolerance=PRINTED)
    close(fit.p_value[row, others], [printed["pval_random"][i] for i in others], tolerance=TAIL, floor=0.0)


@pytest.mark.parametrize("name", NETMETA)
def test_heterogeneity_equals_that_of_netmeta(name):
    printed = netmeta(name)

    fit = fit_printed(name)
    parts = decompose_designs(fit.evidence)

    close((fit.tau2, fit.q, fit.i2), (printed["tau2"], printed["Q"], printed["I2"]), tolerance=PRINTED)
    close((fit.i2_ci_lower, fit.i2_ci_upper), (printed["lower_I2"], printed["upper_I2"]), tolerance=PRINTED)
    close(fit.q_p_value, printed["pval_Q"], tolerance=TAIL, floor=0.0)
    tests = (parts.total, parts.within, parts.between)
    close([test.q for test in tests], printed["Q_decomp"]["Q"], tolerance=PRINTED)
    assert [test.q_df for test in tests] == printed["Q_decomp"]["df"]
    close([test.q_p_value for test in tests], printed["Q_decomp"]["pval"], tolerance=TAIL, floor=0.0)


def test_comparisons_of_arms_equal_those_of_netmeta():
    """Arms of dat.hasselblad1998: a three-arm study, and two studies with an empty cell."""
    printed = netmeta("hasselblad1998")
    columns = [printed[name] for name in ("study", "treatment_1", "treatment_2", "TE", "seTE")]
    theirs = {row[:3]: row[3:] for row in zip(*columns, strict=True)}

    mine = comparisons_from_events(
        [0, 9, 0, 9, 9, 23, 10],
        [33, 48, 20, 20, 140, 140, 138],
        treatment=["A", "C", "A", "D", "A", "C", "D"],
        study=["6", "6", "15", "15", "1", "1", "1"],
    )

    names = list(zip(mine.study, mine.treatment_1, mine.treatment_2, strict=True))
    assert len(names) == 5
    close(mine.yi, [theirs[name][0] for name in names], tolerance=PRINTED)
    close(np.sqrt(mine.vi), [theirs[name][1] for name in names], tolerance=PRINTED)


@pytest.mark.parametrize("name", ["franchini2012", "hasselblad1998"])
def test_whole_data_sets_of_arms_give_what_netmeta_gives(name):
    """netmeta prints the same networks for arms of the same studies under other names."""
    printed, fit = netmeta(name), fit_computed(name, "DL")

    close((fit.q, fit.tau2), (printed["Q"], printed["tau2"]), tolerance=PRINTED)
    row = fit.place(load(name)["reference"])
    close(sorted(fit.estimate[row]), sorted(printed["TE_random"]), tolerance=PRINTED)
    close(sorted(fit.se[row]), sorted(printed["seTE_random"]), tolerance=PRINTED)


@pytest.mark.parametrize("name", COMPUTED)
@pytest.mark.parametrize("tau2_method", ["CE", "DL", "REML", "ML"])
def test_all_pairs_equal_generalised_least_squares(name, tau2_method):
    answer = load(name)["models"][tau2_method]

    fit = fit_computed(name, tau2_method)

    close(fit.tau2, answer["tau2"])
    close(fit.estimate, answer["estimate"])
    close(fit.se, answer["se"])
    close(p_scores(fit, small_values_are_good=load(name)["good"] == "small"), answer["pscore"])


@pytest.mark.parametrize("name", COMPUTED)
@pytest.mark.parametrize("tau2_method", ["CE", "DL", "REML"])
def test_direct_and_indirect_evidence_equal_those_computed(name, tau2_method):
    answers = load(name)["models"][tau2_method]["split"]

    splits = [split for split in split_evidence(fit_computed(name, tau2_method)) if split.k]

    assert [(split.treatment_1, split.treatment_2) for split in splits] == [
        (each["t1"], each["t2"]) for each in answers
    ]
    assert any("indirect" in each for each in answers)
    for split, each in zip(splits, answers, strict=True):
        assert split.k == each["k"]
        close(split.proportion, each["proportion"])
        close((split.direct.estimate, split.direct.se), (each["direct"], each["direct_se"]))
        assert (split.indirect is None) == ("indirect" not in each)
        if split.indirect is not None:
            close((split.indirect.estimate, split.indirect.se), (each["indirect"], each["indirect_se"]), tolerance=1e-7)
            close(split.difference.p_value, each["p_value"], tolerance=1e-7)  # a share near 1 magnifies rounding


@pytest.mark.parametrize("name", COMPUTED)
def test_decomposition_equals_models_with_free_designs(name):
    answer = load(name)

    parts = decompose_designs(fit_computed(name, "DL").evidence)

    mine = (parts.total, parts.within, parts.between)
    close([test.q for test in mine], [answer["q"], answer["q_within"], answer["q_between"]])
    assert (parts.total.q_df, parts.within.q_df) == (answer["q_df"], answer["q_within_df"])
    close((parts.tau2_within, parts.between_random.q), (answer["tau2_within"], answer["q_between_random"]))
    assert len(parts.designs) == len(answer["detached"])
    for design in parts.designs:
        theirs = answer["detached"][" / ".join(design.treatments)]
        assert (design.detached is None) == (theirs is None)
        if design.detached is not None:
            close(design.detached.q, theirs)


@pytest.mark.parametrize("name", ["senn2013", "hasselblad1998", "baker2009", "dong2013"])
@pytest.mark.parametrize("model", ["common_effect", "random_effects"])
def test_net_heat_equals_models_with_free_designs(name, model):
    answer = load(name)["heat" if model == "common_effect" else "heat_random"]

    heat = net_heat(fit_computed(name, "DL").evidence, model=model)

    cells = [_cell(label) for label in heat.names]
    order = [answer["cell"].index(cell) for cell in cells]
    assert sorted(order) == list(range(len(answer["cell"])))
    theirs = np.array(answer["heat"])[np.ix_(order, order)]
    close(heat.heat, theirs, tolerance=HEAT, floor=float(np.abs(theirs).max()))
    close(heat.share, np.array(answer["share"])[np.ix_(order, order)], tolerance=HEAT)


def _cell(label: str) -> str:
    """Return the script's name of a contrast, "design : treatment", from "treatment:base (all treatments)"."""
    pair, _, design = label.partition(" (")
    treatments = design.rstrip(")").split(", ") if design else sorted(pair.split(":"))
    return f"{' / '.join(treatments)} : {pair.split(':')[0]}"


@pytest.mark.parametrize("name", ["senn2013", "hasselblad1998", "baker2009", "dong2013"])
def test_funnel_test_equals_weighted_regression(name):
    answer = load(name)

    funnel = adjust_funnel(fit_computed(name, "CE"), order=[answer["reference"]])

    assert funnel.egger is not None
    assert funnel.rows.size == answer["egger"]["k"]
    close((funnel.egger.slope, funnel.egger.slope_se), (answer["egger"]["slope"], answer["egger"]["slope_se"]))
    close(funnel.egger.p_value, answer["egger"]["p_value"])
