"""Effect sizes agree with metafor's escalc."""

import numpy as np
import pytest

from analysis.engine import Effects, UndefinedResult, md, odds_ratio, pool, rd, rr, smd
from tests.reference import datasets

MEASURES = {"MD": md, "SMD": smd, "RR": rr, "OR": odds_ratio, "RD": rd}
# One formula in double precision on both sides. metafor takes J from a difference of log-gammas, which costs it 1e-11
# in studies of 9000; the engine's J is exact.
FORMULA = 1e-10
# The variance 1/a - 1/n of an arm in which nearly all have the event cancels in metafor; the engine avoids it.
CANCELLATION = 1e-15
EXAMPLES = datasets.load("effects")


@pytest.mark.parametrize("name", [name for name, (measure, _) in datasets.DATASETS.items() if measure in MEASURES])
def test_effects_of_data_sets_agree_with_escalc(name: str) -> None:
    content = datasets.load(name)

    effects = MEASURES[content["measure"]](**content["inputs"])

    np.testing.assert_allclose(effects.yi, content["yi"], rtol=FORMULA, atol=CANCELLATION)
    np.testing.assert_allclose(effects.vi, content["vi"], rtol=FORMULA, atol=CANCELLATION)


@pytest.mark.parametrize("measure", ["MD", "SMD"])
def test_effects_of_means_agree_with_escalc(measure: str) -> None:
    effects = MEASURES[measure](**EXAMPLES["means"])

    np.testing.assert_allclose(effects.yi, EXAMPLES["from_means"][measure]["yi"], rtol=FORMULA)
    np.testing.assert_allclose(effects.vi, EXAMPLES["from_means"][measure]["vi"], rtol=FORMULA)


@pytest.mark.parametrize("case", EXAMPLES["from_events"])
def test_effects_of_events_agree_with_escalc(case: str) -> None:
    """One study at a time, with the studies around it: where metafor has no number, the engine says so."""
    answer = EXAMPLES["from_events"][case]
    options = {"add": answer["add"], "to": answer["to"], "drop00": answer["drop00"]}
    compared = 0
    for row, (yi, vi) in enumerate(zip(answer["yi"], answer["vi"], strict=True)):
        effects = study(answer["measure"], row, options, zeros_elsewhere=answer["to"] == "if0all")
        if yi is None or vi is None or vi == 0.0:
            assert effects is None, (case, row)
            continue
        assert effects is not None, (case, row)
        assert effects.yi[0] == pytest.approx(yi, rel=FORMULA, abs=CANCELLATION)
        assert effects.vi[0] == pytest.approx(vi, rel=FORMULA, abs=CANCELLATION)
        compared += 1
    assert compared >= 3


def study(measure: str, row: int, options: dict, *, zeros_elsewhere: bool) -> Effects | None:
    """Return the effect of one row of the examples, None where the engine refuses it or leaves it out."""
    rows = [row]
    if zeros_elsewhere:
        # "if0all" looks at all studies: a study with one zero cell goes along.
        rows.append(1)
    inputs = {name: [EXAMPLES["events"][name][i] for i in rows] for name in ("ai", "n1i", "ci", "n2i")}
    try:
        effects = MEASURES[measure](**inputs, **options)
    except UndefinedResult:
        return None
    return effects if 0 in effects.rows else None


def test_bcg_pools_from_its_tables() -> None:
    inputs = datasets.load("bcg-RR")["inputs"]

    fit = pool(rr(**inputs).yi, rr(**inputs).vi)

    assert fit.estimate == pytest.approx(-0.7145323422, abs=5e-11)
