"""What one arm's printed numbers say: size, mean and SD, or events and total, with the steps that led there."""

from dataclasses import dataclass, field
from typing import Any

from analysis import engine
from analysis.contract import Step
from analysis.derivation.scales import Instrument
from analysis.derivation.wording import Unusable, as_float, say

Row = dict[str, Any]


@dataclass(slots=True)
class MeanReading:
    """An arm's mean on its instrument, running as the scale runs; sd and n are None where only se is known."""

    arm: int
    label: str
    mean: float
    se: float
    sd: float | None
    n: float | None
    steps: list[Step] = field(default_factory=list)
    cautions: list[str] = field(default_factory=list)


@dataclass(slots=True)
class EventReading:
    """An arm's events and total."""

    arm: int
    label: str
    events: float
    total: float
    steps: list[Step] = field(default_factory=list)
    cautions: list[str] = field(default_factory=list)


def refuse_unsettled(row: Row) -> None:
    """Raise Unusable where the report contradicts itself and nobody has settled it."""
    if row["is_printed_so"] and row["settlement"] is None:
        why = " ".join(row["contradictions"]) or "The report contradicts itself."
        raise Unusable("contradiction", f"Printed so and not settled: {why}")


def settled(row: Row, value_field: str) -> Row:
    """Give the row with its settled numbers in place of the printed ones.

    The printed interval, quartiles, t and p belong to the printed value and go with it. A printed SD or SE is no part
    of what contradicts, and stays unless an interval is settled, which then speaks alone. Settled limits have the level
    of the printed ones.
    """
    settlement = row["settlement"]
    if settlement is None:
        return row
    limits = {name: settlement[name] for name in ("ci_lower", "ci_upper")}
    gone = ["median", "q1", "q3", "t_value", "p_value"]
    if None not in limits.values():
        gone += ["sd", "se", "standard_error"]
    return {**row, **dict.fromkeys(gone), **limits, value_field: settlement["value"]}


def refuse_disagreement(one: float, two: float, *, says: str) -> None:
    """Raise Unusable where two printed measures of one spread cannot both be right, such as an SE entered as SD."""
    if max(one, two) > LARGEST_DISAGREEMENT * min(one, two):
        raise Unusable("contradiction", f"{says} cannot both be right.")


# Rounding, covariates and the choice of distribution move an SE by less; an SE taken for an SD moves it by more.
LARGEST_DISAGREEMENT = 2.0


def read_mean(
    arm: Row,
    printed: Row,
    instrument: Instrument,
    *,
    baseline: Row | None,
    final: Row | None,
    correlation: float | None,
) -> MeanReading:
    """Give the mean and its spread from an arm's result; `baseline` and `final` are the arm's scores with
    their SDs, which serve to derive the SD of a change.

    Raises
    ------
    Unusable : no mean, no measure of spread, an unknown direction, or an unsettled contradiction
    """
    refuse_unsettled(printed)
    row = settled(printed, "mean")
    reading = MeanReading(arm["number"], arm["label"], 0.0, 0.0, None, None)
    if row is not printed:
        reading.cautions.append(f"{arm['label']}: settled value used, {row['settlement']['reason']}")
    reading.n = _size(arm, row, reading)
    sign = instrument.change_sign(row["sign"]) if row["value_kind"] == "change" else 1.0
    mean = as_float(row["mean"])
    if mean is None:
        mean = _mean_from_quartiles(arm, row, reading)
    reading.mean = sign * mean
    _read_spread(row, reading, baseline, final, correlation)
    return reading


def _size(arm: Row, row: Row, reading: MeanReading | EventReading) -> float | None:
    if row["n"] is not None:
        return float(row["n"])
    if arm["n_randomised"] is not None:
        size = f"{arm['label']}: number analysed not reported, number randomised ({arm['n_randomised']}) used"
        reading.cautions.append(size)
        return float(arm["n_randomised"])
    return None


def _mean_from_quartiles(arm: Row, row: Row, reading: MeanReading) -> float:
    quartiles = [as_float(row[name]) for name in ("q1", "median", "q3")]
    known = [value for value in quartiles if value is not None]
    if len(known) < 3:
        raise Unusable("no_mean", f"{arm['label']}: no mean, and no median with both quartiles.")
    mean = sum(known) / 3
    says = (
        f"{arm['label']}: mean {say(mean)} from quartiles {', '.join(map(say, known))} (Wan 2014, (q1 + median + q3)/3)"
    )
    reading.steps.append(Step(name="mean_from_quartiles", says=says, output=mean))
    reading.cautions.append(f"{arm['label']}: mean estimated from the median and quartiles")
    return mean


def _read_spread(
    row: Row, reading: MeanReading, baseline: Row | None, final: Row | None, correlation: float | None
) -> None:
    """Fill in sd and se from the first of: SD, SE, CI, quartiles, SDs at baseline and end."""
    n, sd, se = reading.n, as_float(row["sd"]), as_float(row["se"])
    if sd is not None and n is not None:
        _set_sd(reading, sd, n)
        _compare_spreads(row, reading)
    elif se is not None:
        _spread_from_se(row, reading, se)
    elif has_interval(row):
        _spread_from_ci(row, reading)
    elif n is not None and row["q1"] is not None and row["q3"] is not None:
        derived = float(engine.sd_from_quartiles(q1=float(row["q1"]), q3=float(row["q3"]), n=n))
        _add(reading, "sd_from_quartiles", f"SD {say(derived)} from quartiles, n = {say(n)} (Wan 2014)", derived)
        reading.cautions.append(f"{reading.label}: SD estimated from quartiles")
        _set_sd(reading, derived, n)
    elif row["value_kind"] == "change" and baseline and final and n is not None and correlation is not None:
        _spread_of_change(reading, baseline, final, n, correlation)
    elif sd is not None:
        raise Unusable("no_n", f"{reading.label}: an SD, but no number of participants.")
    else:
        raise Unusable("no_variance", f"{reading.label}: a mean without SD, SE, CI or quartiles.")


def has_interval(row: Row) -> bool:
    """Whether a row has both limits of an interval, and the interval has a width."""
    lower, upper = as_float(row["ci_lower"]), as_float(row["ci_upper"])
    return lower is not None and upper is not None and lower < upper


def _set_sd(reading: MeanReading, sd: float, n: float) -> None:
    reading.sd, reading.se = sd, sd / n**0.5


def _compare_spreads(row: Row, reading: MeanReading) -> None:
    """Refuse an SD beside an SE or an interval of quite another width."""
    if row["se"] is not None:
        refuse_disagreement(reading.se, float(row["se"]), says=f"{reading.label}: the SD and the SE")
    if has_interval(row):
        refuse_disagreement(reading.se, _read_interval(row)[0], says=f"{reading.label}: the SD and the CI")


def _spread_from_se(row: Row, reading: MeanReading, se: float) -> None:
    reading.se = se
    if has_interval(row):
        refuse_disagreement(se, _read_interval(row)[0], says=f"{reading.label}: the SE and the CI")
    if reading.n is not None:
        reading.sd = float(engine.sd_from_se(se=se, n=reading.n))
        _add(reading, "sd_from_se", f"SD {say(reading.sd)} from SE {say(se)} and n = {say(reading.n)}", reading.sd)
        _caution_adjusted(row, reading)


def _read_interval(row: Row) -> tuple[float, str]:
    """Give the SE of an interval read with the normal distribution, and the interval in words."""
    lower, upper, level = float(row["ci_lower"]), float(row["ci_upper"]), float(row["ci_level"])
    se = float(engine.se_from_ci(ci_lower=lower, ci_upper=upper, level=level))
    return se, f"{level * 100:g}% CI {say(lower)} to {say(upper)}"


def _spread_from_ci(row: Row, reading: MeanReading) -> None:
    se, interval = _read_interval(row)
    if reading.n is None or reading.n <= 1:
        reading.se = se
        _add(reading, "se_from_ci", f"SE {say(se)} from the {interval} (normal distribution)", se)
        return
    lower, upper, level = float(row["ci_lower"]), float(row["ci_upper"]), float(row["ci_level"])
    sd = float(engine.sd_from_ci(ci_lower=lower, ci_upper=upper, n=reading.n, level=level))
    text = f"SD {say(sd)} from the {interval} and n = {say(reading.n)} (t distribution, Handbook 6.5.2.2)"
    _add(reading, "sd_from_ci", text, sd)
    _set_sd(reading, sd, reading.n)
    _caution_adjusted(row, reading)


def _caution_adjusted(row: Row, reading: MeanReading) -> None:
    """Say that the SE of an adjusted mean gives an SD without the part that the covariates explain."""
    if row["is_adjusted"]:
        says = f"{reading.label}: SD worked out from an adjusted mean, which makes it smaller than that of the scores"
        reading.cautions.append(says)


def _spread_of_change(reading: MeanReading, baseline: Row, final: Row, n: float, correlation: float) -> None:
    before, after = float(baseline["sd"]), float(final["sd"])
    sd = float(engine.sd_of_change(sd_baseline=before, sd_final=after, r=correlation))
    text = (
        f"SD of change {say(sd)} from baseline SD {say(before)}, final SD {say(after)} and the assumed correlation "
        f"{say(correlation)} (Handbook 6.5.2.8)"
    )
    _add(reading, "sd_of_change", text, sd)
    reading.cautions.append(f"{reading.label}: SD of change rests on an assumed correlation of {say(correlation)}")
    _set_sd(reading, sd, n)


def _add(reading: MeanReading | EventReading, name: str, text: str, output: float) -> None:
    reading.steps.append(Step(name=name, says=f"{reading.label}: {text}", output=output))


def read_events(arm: Row, row: Row) -> EventReading:
    """Give events and total of an arm's result; a printed percentage of a known total is turned into events.

    Raises
    ------
    Unusable : no events, no total, more events than participants, or a contradiction, settled or not: a settlement
        settles a mean or an estimate, and does not say whether its value is a number of events or a percentage
    """
    refuse_unsettled(row)
    if row["settlement"] is not None:
        raise Unusable("contradiction", f"{arm['label']}: a settlement does not settle events; correct the row itself.")
    reading = EventReading(arm["number"], arm["label"], 0.0, 0.0)
    total = as_float(row["total"])
    if total is None:
        total = _size(arm, row, reading)
    if total is None:
        raise Unusable("no_n", f"{arm['label']}: no total number of participants.")
    reading.total = total
    if row["events"] is not None:
        reading.events = float(row["events"])
    elif row["percent"] is not None:
        reading.events = float(round(float(row["percent"]) / 100 * total))
        text = f"{say(reading.events)} events from {say(row['percent'])}% of {say(total)}"
        _add(reading, "events_from_percent", text, reading.events)
        reading.cautions.append(f"{arm['label']}: events worked out from a percentage")
    else:
        raise Unusable("no_events", f"{arm['label']}: no number of events.")
    if reading.events > total:
        raise Unusable("contradiction", f"{arm['label']}: more events ({say(reading.events)}) than participants.")
    return reading
