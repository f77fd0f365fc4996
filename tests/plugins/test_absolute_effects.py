"""Absolute effects: worked examples, baseline risks of the studies, truncation and directions."""

from math import log

import pytest
from pydantic import ValidationError

from analysis.contract import OutcomeFacts
from analysis.testing import check_plugin, quiet, sample_dataset
from plugins import absolute_effects
from plugins.absolute_effects import NO_BASELINE, NO_TIME, NOT_FOR_MEASURE, NOTHING_POOLED, BaselineRisk, Params
from plugins.pooling import plugin as pooling
from tests.plugins.answers import dataset_of

# A handful of operations in double precision.
EXACT = 1e-12


def pooled_of(dataset):
    return {"pooling": pooling.run(dataset, pooling.params(), {}, quiet).model_dump(mode="json")}


def apply(dataset, *, risks=(), **params):
    baselines = tuple(BaselineRisk(name=f"risk {risk}", risk=risk, source="A 2020") for risk in risks)
    return absolute_effects.run(dataset, Params(baseline_risks=baselines, **params), pooled_of(dataset), quiet)


def one_study(measure, ratio, vi=0.01, direction="lower"):
    dataset = dataset_of([log(ratio) if measure != "RD" else ratio], [vi], measure=measure, mcid=None)
    return dataset.model_copy(update={"outcome": OutcomeFacts(code="fall", name="Fall", direction=direction)})


def test_plugin_conforms():
    check_plugin(absolute_effects.plugin, upstream_for=pooled_of)


@pytest.mark.parametrize(("measure", "ratio", "fewer", "nnt"), [("RR", 0.92, 24, 42), ("OR", 0.73, 62, 17)])
def test_examples_of_the_cochrane_handbook(measure, ratio, fewer, nnt):
    # Cochrane Handbook 5.1, 12.5.4.2 and 12.5.4.3: comparator risk 0.3, the NNT rounded up.
    (row,) = apply(one_study(measure, ratio), risks=[0.3]).absolute_effects

    assert round(-1000 * row.risk_difference) == fewer
    assert nnt - 1 < row.nnt <= nnt
    assert row.nnt_kind == "benefit"


def test_more_of_a_wanted_event_is_a_benefit():
    good = apply(one_study("RR", 1.5, direction="higher"), risks=[0.2]).absolute_effects[0]
    bad = apply(one_study("RR", 1.5), risks=[0.2]).absolute_effects[0]

    assert (good.nnt_kind, bad.nnt_kind) == ("benefit", "harm")
    assert good.nnt == bad.nnt


def test_no_effect_leaves_the_baseline_and_needs_infinitely_many():
    result = apply(one_study("RR", 1.0), risks=[0.2])
    (row,) = result.absolute_effects

    assert (row.risk_experimental, row.risk_difference, row.nnt) == (0.2, 0.0, None)
    assert any("number needed to treat is infinite" in said for said in result.messages)


def test_risk_above_1_is_cut_and_said():
    result = apply(one_study("RR", 1.8), risks=[0.2, 0.7])

    assert [row.is_truncated for row in result.absolute_effects] == [False, True]
    assert result.absolute_effects[1].risk_experimental == 1.0
    assert any("risk 0.7" in said and "cut there" in said for said in result.messages)


def test_baseline_risks_are_median_and_quartiles_of_the_comparators():
    dataset = sample_dataset(k=3, measure="RR")
    risks = sorted(effect.columns["ci"] / effect.columns["n2i"] for effect in dataset.effects)
    result = apply(dataset)

    assert [row.name for row in result.absolute_effects] == ["low", "median", "high"]
    assert result.absolute_effects[1].risk_comparator == pytest.approx(risks[1], rel=EXACT)
    assert result.absolute_effects[0].risk_comparator == pytest.approx((risks[0] + risks[1]) / 2, rel=EXACT)
    assert result.baseline_k == 3


def test_limits_are_those_of_the_ratio():
    dataset = sample_dataset(measure="RR")
    pooled = pooled_of(dataset)["pooling"]
    (row,) = apply(dataset, risks=[0.1]).absolute_effects

    for name in ("ci_lower", "ci_upper", "pi_lower", "pi_upper"):
        expected = float(absolute_effects.experimental_risk(pooled[name], measure="RR", baseline_risk=0.1)) - 0.1
        assert getattr(row, name) == pytest.approx(expected, rel=EXACT)


def test_hazard_ratio_wants_a_time():
    without, with_time = (apply(one_study("HR", 0.5), risks=[0.36], time=time) for time in ("", "12 months"))

    # Survival 0.64 to the power of 0.5 is 0.8.
    assert with_time.absolute_effects[0].risk_experimental == pytest.approx(0.2, rel=EXACT)
    assert NO_TIME in without.messages
    assert NO_TIME not in with_time.messages


def test_what_is_missing_is_said():
    assert apply(sample_dataset(k=0, measure="RR")).messages == (NOTHING_POOLED,)
    assert apply(sample_dataset()).messages == (NOT_FOR_MEASURE,)
    assert apply(one_study("OR", 0.5)).messages == (NO_BASELINE,)


@pytest.mark.parametrize("risk", [0.0, 1.0, 30.0])
def test_impossible_baseline_risks_are_refused(risk):
    with pytest.raises(ValidationError):
        BaselineRisk(name="low", risk=risk)
