"""Imputed covariances and robust variance estimation agree with metafor's vcalc and with robumeta."""

from typing import Any

import numpy as np
import pytest

from analysis.engine.dependent import fit_rve, vcalc
from tests.reference.test_dependent import close, load

# ---- vcalc -----------------------------------------------------------------------------------------------------------

SAME = {str(a): {str(b): 0.7 for b in (1, 2, 3) if b != a} for a in (1, 2, 3)}
TYPES = {"a": {"b": 0.3, "c": 0.5}, "b": {"c": 0.2}}
EVERY = list(range(10))


def columns(*pairs: str) -> dict[str, Any]:
    """Return columns of the made-up data by the argument they are given as."""
    data = load("vcalc")["data"]
    return {argument: data[name] for argument, name in (pair.split("=") for pair in pairs)}


VCALC: dict[str, dict[str, Any]] = {
    "obs": {"obs": EVERY, "rho": 0.6},
    "type": {"rho": 0.4, "rho_obs": 0.7, "from": ("type=type", "obs=obs")},
    "type_table": {"rho": TYPES, "rho_obs": SAME, "from": ("type=type", "obs=obs")},
    "subgroup": {"obs": EVERY, "rho": 0.5, "from": ("subgroup=subgroup",)},
    "time": {"phi": 0.8, "from": ("time1=time",)},
    "time_negative": {"phi": -0.5, "from": ("time1=time",)},
    "time_type": {"rho": 0.4, "rho_obs": 0.7, "phi": 0.9, "from": ("type=type", "obs=obs", "time1=time")},
    "groups": {"obs": EVERY, "rho": 0.6, "from": ("grp1=g1", "grp2=g2", "w1=n1", "w2=n2")},
    "groups_plain": {"obs": EVERY, "rho": 0.6, "from": ("grp1=g1", "grp2=g2")},
    "one_group": {"obs": EVERY, "rho": 0.6, "from": ("grp1=g1", "w1=n1")},
    "change": {
        "obs": EVERY,
        "rho": 0.6,
        "phi": 0.8,
        "from": ("grp1=g1", "grp2=g2", "time1=time", "time2=later", "w1=n1", "w2=n2"),
    },
}


def test_grid_of_covariances_is_complete() -> None:
    assert set(load("vcalc")["answers"]) == set(VCALC)


@pytest.mark.parametrize("case", VCALC)
def test_vcalc_agrees_with_metafor(case: str) -> None:
    options = dict(VCALC[case])
    options |= columns(*options.pop("from", ()))

    found = vcalc(**columns("vi=vi", "cluster=cluster"), **options)

    # One product and one quotient of numbers near 1.
    np.testing.assert_allclose(found, load("vcalc")["answers"][case], rtol=1e-14, atol=1e-16)


# ---- robust variance estimation --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "case", ["corr_small", "corr_large", "corr_rho", "corr_hier", "hier_small", "hier_large", "hier_corr"]
)
def test_rve_agrees_with_robumeta(case: str) -> None:
    content = load("rve")
    answer, data = content["answers"][case], dict(content[case.split("_")[0]])
    yi, vi, cluster = data.pop("effectsize"), data.pop("var"), data.pop("studyid")

    found = fit_rve(
        yi,
        vi,
        cluster=cluster,
        mods=data,
        rho=answer["rho"],
        small_sample=answer["small"],
        model={"CORR": "correlated", "HIER": "hierarchical"}[answer["model"]],
    )

    close(found.fit.estimate, answer["estimate"], floor=1e-3)
    close(found.fit.se, answer["se"])
    close(found.fit.df, answer["df"])
    close(found.fit.ci_lower, answer["ci_lower"], floor=1.0)
    close(found.fit.ci_upper, answer["ci_upper"], floor=1.0)
    close(found.tau2, answer["tau2"], floor=1e-3)
    if found.omega2 is not None:
        close(found.omega2, answer["omega2"], floor=1e-3)
    if found.i2 is not None:
        close(100.0 * found.i2, answer["i2"])
