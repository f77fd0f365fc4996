"""Effects from contrasts that reports print: a difference or ratio with its interval, SE, t or p."""

import math
from typing import Any

from analysis import engine
from analysis.contract import RATIO_MEASURES, Measure, Step
from analysis.derivation.arms import RawEffect
from analysis.derivation.readings import refuse_disagreement, refuse_unsettled, settled
from analysis.derivation.rules import Rules
from analysis.derivation.scales import EVENT_MEASURES, Instrument
from analysis.derivation.wording import Unusable, as_float, say

Row = dict[str, Any]


def effect_from_contrast(
    printed: Row, arms: dict[int, Row], *, flipped: bool, instrument: Instrument, rules: Rules
) -> RawEffect:
    """Give the effect, experimental minus comparator, of a printed contrast.

    Parameters
    ----------
    arms : the arms of the study by number, whose sizes serve where the contrast has none
    flipped : whether the printed contrast is comparator minus experimental

    Raises
    ------
    Unusable : another measure, no estimate, no standard error, unknown direction, or an unsettled contradiction
    """
    refuse_unsettled(printed)
    row = settled(printed, "estimate")
    if row["measure"] != rules.measure:
        name = row["measure_as_printed"] or row["measure"]
        raise Unusable("other_measure", f"Reported as {name}, which cannot be turned into {rules.measure}.")
    if row["estimate"] is None:
        raise Unusable("no_estimate", "No estimate is reported, only a test.")
    estimate, limits = _on_symmetric_scale(row, rules.measure)
    steps: list[Step] = []
    cautions: list[str] = []
    row = _with_sizes(row, arms, cautions)
    se = _standard_error(row, estimate, limits, rules, steps)
    _caution_asymmetry(estimate, limits, cautions)
    if row["settlement"] is not None:
        cautions.append(f"Settled value used: {row['settlement']['reason']}")
    sign = _sign(row, rules.measure, instrument) * (-1.0 if flipped else 1.0)
    steps.append(_orientation(row, estimate, sign, instrument, flipped))
    if instrument.step is not None:
        steps.append(instrument.step)
    numbers = ((printed["first_arm"],), (printed["second_arm"],))
    sizes = (as_float(row["n_first"]), as_float(row["n_second"]))
    if flipped:
        numbers, sizes = (numbers[1], numbers[0]), (sizes[1], sizes[0])
    factor = sign * instrument.factor
    return RawEffect(factor * estimate, (factor * se) ** 2, *sizes, numbers, (), steps, cautions)


def _with_sizes(row: Row, arms: dict[int, Row], cautions: list[str]) -> Row:
    """Give the contrast with numbers randomised where the numbers analysed are not reported."""
    sizes = {}
    for name, arm in (("n_first", arms[row["first_arm"]]), ("n_second", arms[row["second_arm"]])):
        sizes[name] = row[name] or arm["n_randomised"]
        if row[name] is None and sizes[name] is not None:
            size = f"{arm['label']}: number analysed not reported, number randomised ({sizes[name]}) used"
            cautions.append(size)
    return {**row, **sizes}


def _sign(row: Row, measure: Measure, instrument: Instrument) -> float:
    """Give +1 or -1: what turns the printed number into first against second arm, as the scale or the events run."""
    if measure not in RATIO_MEASURES:
        return instrument.change_sign(row["sign"])
    if row["sign"] == "benefit" and instrument.direction == "lower":
        reason = "A ratio above 1 is printed as better, though the events are bad: what it is a ratio of is not stated."
        raise Unusable("opposite_events", reason)
    return 1.0


def _on_symmetric_scale(row: Row, measure: Measure) -> tuple[float, tuple[float, float] | None]:
    """Give the estimate and its limits, natural logs for ratios."""
    estimate, lower, upper = (as_float(row[name]) for name in ("estimate", "ci_lower", "ci_upper"))
    if estimate is None:
        raise Unusable("no_estimate", "No estimate is reported.")
    limits = None if lower is None or upper is None else (lower, upper)
    if measure not in RATIO_MEASURES:
        return estimate, limits
    if estimate <= 0 or (limits is not None and limits[0] <= 0):
        raise Unusable("undefined", "A ratio and its limits must be above 0.")
    return math.log(estimate), None if limits is None else (math.log(limits[0]), math.log(limits[1]))


def _degrees_of_freedom(row: Row, rules: Rules) -> float | None:
    """Give n - 2 where intervals of differences are to be read with the t distribution; None for the normal one."""
    if rules.ci_distribution == "normal" or rules.measure in EVENT_MEASURES:
        return None
    if row["n_first"] is None or row["n_second"] is None:
        raise Unusable("no_n", "Reading the interval with the t distribution needs the sizes of both arms.")
    return float(row["n_first"] + row["n_second"] - 2)


def _standard_error(
    row: Row, estimate: float, limits: tuple[float, float] | None, rules: Rules, steps: list[Step]
) -> float:
    """Give the standard error from the first of: SE, CI, t value, exact p value.

    The SE of a ratio is not read: reports do not say whether it is that of the logarithm.
    """
    printed_se = None if rules.measure in RATIO_MEASURES else as_float(row["standard_error"])
    level = float(row["ci_level"])
    if limits is None or limits[0] >= limits[1]:
        return _from_test(row, estimate, rules, steps) if printed_se is None else printed_se
    interval = f"the {level * 100:g}% CI {say(limits[0])} to {say(limits[1])}"
    if printed_se is not None:
        implied = float(engine.se_from_ci(ci_lower=limits[0], ci_upper=limits[1], level=level))
        refuse_disagreement(printed_se, implied, says=f"SE {say(printed_se)} and {interval}")
        return printed_se
    df = _degrees_of_freedom(row, rules)
    se = float(engine.se_from_ci(ci_lower=limits[0], ci_upper=limits[1], level=level, df=df))
    by = "normal distribution" if df is None else f"t distribution, {say(df)} degrees of freedom"
    steps.append(Step(name="se_from_ci", says=f"SE {say(se)} from {interval} ({by})", output=se))
    return se


def _from_test(row: Row, estimate: float, rules: Rules, steps: list[Step]) -> float:
    """Give the standard error from a t value, else from an exact p value; never from a bound such as p < 0.001."""
    if row["t_value"] is not None and float(row["t_value"]) != 0 and estimate != 0:
        se = float(engine.se_from_statistic(estimate=estimate, statistic=float(row["t_value"])))
        steps.append(Step(name="se_from_t", says=f"SE {say(se)} from t = {say(row['t_value'])}", output=se))
        return se
    p_value = as_float(row["p_value"])
    if p_value is not None and row["p_relation"] == "=" and 0 < p_value < 1 and estimate != 0:
        se = float(engine.se_from_p_value(estimate=estimate, p_value=p_value, df=_degrees_of_freedom(row, rules)))
        steps.append(Step(name="se_from_p", says=f"SE {say(se)} from p = {say(p_value)}", output=se))
        return se
    bound = " (a bound such as p < 0.001 does not give one)" if p_value is not None and row["p_relation"] != "=" else ""
    raise Unusable("no_variance", f"An estimate without SE, CI, t or exact p{bound}.")


def _caution_asymmetry(estimate: float, limits: tuple[float, float] | None, cautions: list[str]) -> None:
    """Say that an interval is far from symmetric about its estimate (more than a tenth of its half-width)."""
    if limits is None:
        return
    middle, half = (limits[0] + limits[1]) / 2, (limits[1] - limits[0]) / 2
    if half > 0 and abs(estimate - middle) > ASYMMETRY * half:
        cautions.append(
            f"The interval is not symmetric about the estimate {say(estimate)}: its middle is {say(middle)}. "
            "The estimate is used as printed, its SE from the interval's width."
        )


# Rounding of printed limits shifts the middle by less than this share of the half-width in all but tiny intervals.
ASYMMETRY = 0.1


def _orientation(row: Row, estimate: float, sign: float, instrument: Instrument, flipped: bool) -> Step:
    """Say how the printed estimate was turned into experimental minus comparator as the scale runs."""
    name = row["measure_as_printed"] or row["measure"]
    meanings = {"scale": "first minus second arm on the scale", "benefit": "positive is better"}
    is_ratio = row["measure"] in RATIO_MEASURES
    meaning = "first to second arm, as a logarithm" if is_ratio else meanings[row["sign"]]
    order = "; printed as comparator against experimental" if flipped else ""
    says = f"{name} {say(row['estimate'])} ({meaning}{order}) as experimental minus comparator: {say(sign * estimate)}"
    return Step(name="orientation", says=f"{instrument.name}: {says}", output=sign * estimate)


def share_arms(effects: list[RawEffect]) -> list[RawEffect]:
    """Give contrasts of one study that share an arm with their variances raised as if that arm were split.

    With one common variance s2 of the scores, a contrast has variance s2 (1/n1 + 1/n2); splitting the shared arm among
    m contrasts makes that s2 (1/n1 + m/n2) (Handbook 23.3.4 applied to a reported contrast).

    Raises
    ------
    Unusable : the size of an arm is not known
    """
    counts = [
        (
            sum(effect.arms[0] == other.arms[0] for other in effects),
            sum(effect.arms[1] == other.arms[1] for other in effects),
        )
        for effect in effects
    ]
    for effect, (first, second) in zip(effects, counts, strict=True):
        if first == second == 1:
            continue
        if effect.n1 is None or effect.n2 is None:
            raise Unusable("cannot_split", "Contrasts that share an arm can be split only where all sizes are known.")
        raised = (first / effect.n1 + second / effect.n2) / (1 / effect.n1 + 1 / effect.n2)
        effect.vi *= raised
        effect.n1, effect.n2 = effect.n1 / first, effect.n2 / second
        says = f"An arm is shared among contrasts: variance times {say(raised)}"
        effect.steps.append(Step(name="split_arm", says=says, output=raised))
    return effects
