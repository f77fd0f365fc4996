"""Clinical relevance: what a pooled difference means in points, chances and numbers needed to treat."""

from dataclasses import dataclass
from typing import Any

from analysis.contract import CONTRACT_VERSION, Dataset, Need, Plugin, Progress, Upstream
from analysis.engine.relevance import probability_beyond, smd_to_points
from plugins.clinical_relevance.curve import draw_curve, draw_marks, draw_probability, mark_values, reach_of
from plugins.clinical_relevance.mcid import Mcid, find_mcid
from plugins.clinical_relevance.params import Params
from plugins.clinical_relevance.pooled import Distribution, Pooled, distributions_of, read_pooled
from plugins.clinical_relevance.responders import count_responders
from plugins.clinical_relevance.result import LABELS, Probability, Result, Translation
from plugins.clinical_relevance.scale import ScaleUsed, find_scale
from plugins.clinical_relevance.verdict import Benefit, give_verdict

NOTHING_POOLED = "There is no pooled effect whose relevance could be judged."
NOT_FOR_MEASURE = (
    "Relevance is judged here for mean differences and standardised mean differences; the absolute effects say what "
    "ratios and risk differences mean."
)
NO_PREDICTION = (
    "There is no prediction interval, so that the chance of an important effect in a new study is not known; the "
    "chances given are those of the mean effect."
)
NEEDS_PREDICTION = "The rule of probability needs a prediction interval, so that it gives no verdict."
OTHER_WAY = "On {name} the sign is turned: it counts the other way than the outcome."
MEAN_ONLY = (
    "Numbers needed to treat assume that outcomes are normal with equal standard deviations in both groups, and that "
    "the mean effect holds for everybody; they are approximations."
)
MEASURES = ("MD", "SMD")
LIMITS = ("estimate", "ci_lower", "ci_upper", "pi_lower", "pi_upper")


@dataclass(frozen=True, slots=True)
class Case:
    """The dataset with everything that is read, found or entered beside it."""

    dataset: Dataset
    params: Params
    pooled: Pooled
    scale: ScaleUsed
    mcid: Mcid

    @property
    def sign(self) -> float:
        """1 where a higher value of the outcome is better, -1 where a lower one is."""
        return 1.0 if self.dataset.outcome.direction == "higher" else -1.0

    @property
    def limits(self) -> dict[str, float]:
        """The pooled effect, its confidence limits, and its prediction limits where there are any."""
        values = {name: getattr(self.pooled, name) for name in LIMITS}
        return {name: value for name, value in values.items() if value is not None}


def run(dataset: Dataset, params: Params, upstream: Upstream, progress: Progress) -> Result:
    """Give what the pooled effect means."""
    pooled = read_pooled(upstream)
    start = {"measure": dataset.measure, "direction": dataset.outcome.direction, "k": pooled.k, "rule": params.rule}
    if dataset.measure not in MEASURES:
        return Result.model_validate(start | {"messages": (NOT_FOR_MEASURE,)})
    if pooled.estimate is None or pooled.ci_lower is None or pooled.ci_upper is None:
        return Result.model_validate(start | {"messages": (NOTHING_POOLED,)})
    scale = find_scale(dataset, params)
    case = Case(dataset, params, pooled, scale, find_mcid(dataset, params, scale))
    return Result.model_validate(start | _judge(case))


def _judge(case: Case) -> dict[str, Any]:
    """Give the fields of the result where there is an effect."""
    probabilities = tuple(_probability(each, case) for each in distributions_of(case.pooled))
    responders, said_of_responders = _responders(case)
    benefit = sorted(case.sign * case.limits[name] for name in ("ci_lower", "ci_upper"))
    verdict, is_beyond = _verdict(case, benefit, probabilities)
    said = [*case.mcid.messages, *case.scale.messages, *said_of_responders]
    if len(probabilities) < len(LABELS):
        said.append(NO_PREDICTION)
        said += [NEEDS_PREDICTION] if case.params.rule == "probability" and case.mcid.value is not None else []
    if case.scale.sd is not None and case.scale.direction != case.dataset.outcome.direction:
        said.append(OTHER_WAY.format(name=case.scale.name))
    return {
        **case.limits,
        "level": case.pooled.level,
        "benefit": case.sign * case.limits["estimate"],
        "mcid": case.mcid.value,
        "mcid_points": case.mcid.points,
        "mcid_source": case.mcid.source,
        "is_beyond_mcid": is_beyond,
        "is_one_sided": benefit[0] > 0.0 or benefit[1] < 0.0,
        "verdict": verdict,
        "instrument": case.scale.instrument,
        "instrument_name": case.scale.name,
        "sd": case.scale.sd,
        "sd_source": case.scale.sd_source,
        "sd_k": case.scale.sd_k,
        "translations": _translations(case),
        "probabilities": probabilities,
        "responders": responders,
        **_curves(case),
        "messages": tuple(said),
    }


def _curves(case: Case) -> dict[str, Any]:
    """Give the chance of a benefit larger than each number, as tables and as a figure; nothing without a spread."""
    found = distributions_of(case.pooled)
    if not found:
        return {}
    mcid = case.mcid.value
    by_name: dict[str, Distribution] = {each.name: each for each in found}
    low, high = reach_of(found, sign=case.sign, mcid=mcid)
    curves = {
        f"probability_{name}": draw_curve(by_name.get(name), sign=case.sign, low=low, high=high) for name in LABELS
    }
    marks = draw_marks(found, sign=case.sign, mcid=mcid)
    figures = (draw_probability(case.dataset),)
    return {**curves, "probability_marks": marks, "probability_values": mark_values(mcid), "figures": figures}


def _verdict(
    case: Case, benefit: list[float], probabilities: tuple[Probability, ...]
) -> tuple[str | None, bool | None]:
    """Give the verdict and whether the estimate is beyond the MCID, in either direction."""
    if case.mcid.value is None:
        return None, None
    estimate = case.sign * case.limits["estimate"]
    chances = next((row for row in probabilities if row.name == "predictive"), None)
    seen = Benefit(
        estimate=estimate,
        ci_lower=benefit[0],
        ci_upper=benefit[1],
        mcid=case.mcid.value,
        pr_benefit=chances.pr_beyond_mcid if chances else None,
        pr_harm=chances.pr_harm_beyond_mcid if chances else None,
    )
    return give_verdict(seen, case.params), abs(estimate) > case.mcid.value


def _probability(distribution: Distribution, case: Case) -> Probability:
    """Give the chances that one distribution stands for."""
    spread: dict[str, Any] = {"sd": distribution.sd, "df": distribution.df}
    good, mcid = case.sign * distribution.mean, case.mcid.value
    return Probability(
        name=distribution.name,
        label=LABELS[distribution.name],
        sd=distribution.sd,
        distribution="normal" if distribution.df is None else "t",
        df=distribution.df,
        pr_benefit=probability_beyond(0.0, mean=good, **spread),
        pr_beyond_mcid=None if mcid is None else probability_beyond(mcid, mean=good, **spread),
        pr_harm_beyond_mcid=None if mcid is None else probability_beyond(mcid, mean=-good, **spread),
    )


def _translations(case: Case) -> tuple[Translation, ...]:
    """Give the effect in points, as a share of the scale, in standard deviations and in units of the MCID."""
    scale, limits = case.scale, case.limits
    turn = 1.0 if scale.direction == case.dataset.outcome.direction else -1.0
    points = limits
    if case.dataset.measure == "SMD":
        found = (
            {}
            if scale.sd is None
            else {name: turn * float(smd_to_points(value, sd=scale.sd)) for name, value in limits.items()}
        )
        points = _sorted_limits(found) if turn < 0.0 else found
    rows = []
    if points:
        rows.append(Translation(name="points", label=f"Points of {scale.name}", unit=scale.unit or "points", **points))
    if points and scale.width:
        shares = {name: value / scale.width for name, value in points.items()}
        rows.append(Translation(name="share", label=f"Share of the range of {scale.name}", unit="fraction", **shares))
    if case.dataset.measure == "MD" and scale.sd is not None:
        units = {name: value / scale.sd for name, value in limits.items()}
        rows.append(Translation(name="sd", label="Standard deviations", unit="SD", **units))
    if case.mcid.value is not None:
        units = {name: value / case.mcid.value for name, value in limits.items()}
        rows.append(Translation(name="mcid", label="Smallest important differences", unit="MCID", **units))
    return tuple(rows)


def _sorted_limits(values: dict[str, float]) -> dict[str, float]:
    """Give limits whose sign was turned in their order."""
    swapped = {"ci_lower": "ci_upper", "ci_upper": "ci_lower", "pi_lower": "pi_upper", "pi_upper": "pi_lower"}
    return {name: values[swapped.get(name, name)] for name in values}


def _responders(case: Case) -> tuple[Any, tuple[str, ...]]:
    """Give responders and numbers needed to treat, where the effect is standardised or can be."""
    if case.dataset.measure == "MD" and case.scale.sd is None:
        return (), ()
    unit = case.sign / (case.scale.sd or 1.0) if case.dataset.measure == "MD" else case.sign
    estimate, *ends = (unit * case.limits[name] for name in ("estimate", "ci_lower", "ci_upper"))
    rows, said = count_responders((estimate, min(ends), max(ends)), case.dataset, case.params, case.scale)
    return rows, (*said, MEAN_ONLY) if rows else said


plugin = Plugin(
    name="clinical_relevance",
    version="1.1.0",
    contract_version=CONTRACT_VERSION,
    title="Clinical relevance",
    needs=frozenset({Need.EFFECTS, Need.MODERATORS}),
    after=("pooling",),
    params=Params,
    result=Result,
    run=run,
)
