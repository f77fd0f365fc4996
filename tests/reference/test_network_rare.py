"""Models of rare events agree with netmeta's own code, with metafor, and with their definitions in R."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.engine.network import (
    EventNetwork,
    comparisons_from_events,
    fit_network,
    hypergeometric_network,
    mantel_haenszel_network,
)

FOLDER = Path(__file__).parent / "network"
NETMETA = (
    "dong2013",
    "dong2013_first_ten",
    "gurusamy2011",
    "hasselblad1998",
    "baker2009",
    "woods2010",
    "dogliotti2014",
    "made_up",
)
MODELS = {"mantel_haenszel": mantel_haenszel_network, "hypergeometric": hypergeometric_network}
# Both sides solve the same equations in double precision.
EXACT = 1e-9
# netmeta's search for the maximum of the hypergeometric likelihood ends early (L-BFGS-B with optim's tolerance).
SEARCH = 6e-3
# Second derivatives of R's glm are those of its last but one step.
LAST_STEP = 1e-8


@cache
def load(name: str) -> dict[str, Any]:
    """Return one file of references."""
    content: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return content


def columns(arms: list[dict[str, Any]]) -> dict[str, Any]:
    """Return arms as the engine reads them."""
    names = {"events": "events", "totals": "total", "treatment": "treatment", "study": "study"}
    return {argument: [arm[name] for arm in arms] for argument, name in names.items()}


@cache
def fit(name: str, model: str, correction: str = "0") -> EventNetwork:
    """Return the engine's network of one of netmeta's data sets."""
    arms = load("netmetabin")["datasets"][name]["arms"]
    return MODELS[model](**columns(arms), correction=float(correction))


def close(mine: Any, theirs: Any, *, tolerance: float = EXACT) -> None:
    """Compare numbers, relative to the reference where that is above 1."""
    np.testing.assert_allclose(np.asarray(mine, float), np.asarray(theirs, float), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("correction", ["0", "0.5"])
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", NETMETA)
def test_estimates_equal_those_of_netmeta(name, model, correction):
    answer = load("netmetabin")["datasets"][name]["corrections"][correction]

    network = fit(name, model, correction)

    assert list(network.treatments) == answer["treatments"]
    assert (network.k, network.m, network.n, network.d) == tuple(answer[count] for count in ("k", "m", "n", "d"))
    close(network.estimate, answer[model]["estimate"])
    close(network.se, answer[model]["se"])


@pytest.mark.parametrize("correction", ["0", "0.5"])
@pytest.mark.parametrize("name", NETMETA)
def test_intervals_p_values_and_inconsistency_equal_those_of_netmeta(name, correction):
    answer = load("netmetabin")["datasets"][name]["corrections"][correction]["mantel_haenszel"]

    network = fit(name, "mantel_haenszel", correction)

    close(network.ci_lower, answer["ci_lower"])
    close(network.ci_upper, answer["ci_upper"])
    close(network.p_value, answer["p_value"])
    close(network.q, answer["q"])
    assert network.q_df == answer["q_df"]
    assert (network.q_p_value is None) == (answer["q_p_value"] is None) == (network.q_df == 0)
    if network.q_p_value is not None:
        close(network.q_p_value, answer["q_p_value"])


@pytest.mark.parametrize("name", NETMETA)
def test_what_is_left_out_is_what_netmeta_warns_of(name):
    notes = load("netmetabin")["datasets"][name]["corrections"]["0"]["notes"]
    warned = dict(note.split(": ", maxsplit=1) for note in ([notes] if isinstance(notes, str) else notes))

    data = fit(name, "mantel_haenszel").data

    assert sorted(each.study for each in data.left_out_studies) == sorted(_listed(warned.get("studies")))
    for why, title in (("no_events", "arms without events"), ("all_events", "arms with all events")):
        mine = [f"{arm.treatment} in {':'.join(arm.design)}" for arm in data.left_out_arms if arm.why == why]
        assert sorted(mine) == sorted(_listed(warned.get(title)))
    assert sorted(":".join(each.design) for each in data.left_out_designs) == sorted(_listed(warned.get("designs")))


def _listed(text: str | None) -> list[str]:
    """Return the parts of a list in words."""
    return text.split("; ") if text else []


@pytest.mark.parametrize("name", NETMETA)
def test_netmeta_as_it_comes_is_near_the_maximum_of_the_hypergeometric_likelihood(name):
    answer = load("netmetabin")["datasets"][name]["corrections"]["0"]["hypergeometric_optim"]

    network = fit(name, "hypergeometric")

    close(network.estimate, answer["estimate"], tolerance=SEARCH)


def test_numbers_that_netmeta_printed_are_those_of_its_code():
    """Half a unit of the last digit: netmeta's own search, and the common-effect network of inverse variances."""
    content = load("netmetabin")
    answer = content["datasets"]["gurusamy2011"]["corrections"]["0"]
    base = answer["treatments"].index("Control/Placebo")
    found = dict(zip(answer["treatments"], answer["hypergeometric_optim"]["estimate"], strict=True))
    for treatment, printed in content["printed"]["gurusamy2011_nch"].items():
        assert abs(found[treatment][base]) == pytest.approx(abs(printed), abs=5e-7)
    network = fit("gurusamy2011", "hypergeometric")
    for treatment, printed in content["printed"]["gurusamy2011_nch"].items():
        mine = network.estimate[network.place(treatment), network.place("Control/Placebo")]
        assert abs(mine) == pytest.approx(abs(printed), abs=3e-5)  # netmeta's search ends that early

    pairs = comparisons_from_events(**columns(content["datasets"]["dong2013_first_ten"]["arms"]))
    names = {"treatment_1": pairs.treatment_1, "treatment_2": pairs.treatment_2, "study": pairs.study}
    inverse = fit_network(pairs.yi, pairs.vi, **names, model="common_effect")
    for treatment, printed in content["printed"]["dong2013_first_ten_inverse"].items():
        mine = inverse.estimate[inverse.place("Placebo"), inverse.place(treatment)]
        assert mine == pytest.approx(printed, abs=5e-7)


@pytest.mark.parametrize("name", ["nielweise2007", "collins1985b", "hahn2001"])
def test_two_treatments_are_metafors_mantel_haenszel_odds_ratio(name):
    answer = load("rare")["two_treatments"][name]

    network = mantel_haenszel_network(**columns(answer["arms"]))

    for quantity in ("estimate", "se", "statistic", "p_value", "ci_lower", "ci_upper"):
        close(getattr(network, quantity)[0, 1], answer[quantity])


@pytest.mark.parametrize("name", ["dong2013", "baker2009", "dogliotti2014"])
def test_one_study_for_each_design_is_generalised_least_squares(name):
    answer = load("rare")["single_studies"][name]

    network = mantel_haenszel_network(**columns(answer["arms"]))

    assert network.d == network.k
    assert any(len(design.treatments) > 2 for design in network.data.designs)
    assert (list(network.treatments), network.q_df) == (answer["treatments"], answer["q_df"])
    close(network.estimate, answer["estimate"])
    close(network.se, answer["se"])
    close(network.q, answer["q"])


@pytest.mark.parametrize("name", ["dong2013", "dong2013_corrected", "gurusamy2011", "hasselblad1998", "baker2009"])
def test_hypergeometric_model_is_the_maximum_found_in_r_and_a_poisson_regression(name):
    answer = load("rare")["hypergeometric"][name]

    network = hypergeometric_network(**columns(answer["arms"]), correction=answer["correction"])

    assert (list(network.treatments), network.k) == (answer["treatments"], answer["k"])
    close(network.estimate, answer["estimate"])
    close(network.se, answer["se"])
    close(network.se, answer["se_poisson"], tolerance=LAST_STEP)
