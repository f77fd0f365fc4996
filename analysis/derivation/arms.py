"""Effects from the results of arms: experimental arms against comparator arms, combined or split."""

import math
from dataclasses import dataclass, field

from analysis import engine
from analysis.contract import Measure, Step
from analysis.derivation.readings import EventReading, MeanReading
from analysis.derivation.scales import CONTRAST_ONLY, Instrument
from analysis.derivation.wording import Unusable, listed, say

Reading = MeanReading | EventReading


@dataclass(slots=True)
class RawEffect:
    """An effect before it gets its study's facts."""

    yi: float
    vi: float
    n1: float | None
    n2: float | None
    arms: tuple[tuple[int, ...], tuple[int, ...]]
    sources: tuple[str, ...] = ()
    steps: list[Step] = field(default_factory=list)
    cautions: list[str] = field(default_factory=list)
    columns: dict[str, float] = field(default_factory=dict)


def effects_from_arms(
    first: list[Reading], second: list[Reading], *, instrument: Instrument, measure: Measure, multi_arm: str
) -> list[RawEffect]:
    """Give one effect (one arm on each side, or several combined) or several (split) from the arms of a study.

    Parameters
    ----------
    first, second : readings of the experimental and of the comparator arms, at least one each
    multi_arm : {"combine", "split"}

    Raises
    ------
    Unusable : numbers that the measure, or combining and splitting, needs are not known
    """
    if multi_arm == "combine" or (len(first) == 1 and len(second) == 1):
        return [_contrast(_combine(first), _combine(second), (first, second), instrument, measure)]
    return [
        _contrast(_share(one, len(second)), _share(two, len(first)), ([one], [two]), instrument, measure)
        for one in first
        for two in second
    ]


def _combine(readings: list[Reading]) -> Reading:
    """Give several arms as one (Handbook 6.5.2.10); one arm stays as it is."""
    if len(readings) == 1:
        return readings[0]
    label = listed(reading.label for reading in readings)
    steps = [step for reading in readings for step in reading.steps]
    cautions = [caution for reading in readings for caution in reading.cautions]
    means = [reading for reading in readings if isinstance(reading, MeanReading)]
    if len(means) < len(readings):
        return _combine_events(readings, label, steps, cautions)
    known = [(r.n, r.mean, r.sd) for r in means if r.n is not None and r.sd is not None]
    if len(known) < len(means):
        raise Unusable("cannot_combine", f"{label}: combining arms needs n and SD of each.")
    n, mean, sd = zip(*known, strict=True)
    group = engine.combine_means(n=n, mean=mean, sd=sd)
    says = f"{label} combined: n {say(group.n)}, mean {say(group.mean)}, SD {say(group.sd)} (Handbook 6.5.2.10)"
    steps.append(Step(name="combine_arms", says=says))
    return MeanReading(0, label, group.mean, group.sd / group.n**0.5, group.sd, group.n, steps, cautions)


def _combine_events(readings: list[Reading], label: str, steps: list[Step], cautions: list[str]) -> EventReading:
    counts = [(reading.events, reading.total) for reading in readings if isinstance(reading, EventReading)]
    events, total = zip(*counts, strict=True)
    group = engine.combine_events(events=events, total=total)
    says = f"{label} combined: {say(group.events)} of {say(group.total)}"
    return EventReading(0, label, group.events, group.total, [*steps, Step(name="combine_arms", says=says)], cautions)


def _share(reading: Reading, comparisons: int) -> Reading:
    """Give the part of an arm that one of its comparisons gets (Handbook 23.3.4)."""
    if comparisons == 1:
        return reading
    says = f"{reading.label}: shared among {comparisons} comparisons, its size divided by {comparisons}"
    steps = [*reading.steps, Step(name="split_arm", says=says)]
    if isinstance(reading, EventReading):
        part = engine.split_events(events=reading.events, total=reading.total, comparisons=comparisons)
        return EventReading(reading.arm, reading.label, part.events, part.total, steps, reading.cautions)
    if reading.n is None or reading.sd is None:
        raise Unusable("cannot_split", f"{reading.label}: splitting an arm needs its n and SD.")
    share = engine.split_means(n=reading.n, mean=reading.mean, sd=reading.sd, comparisons=comparisons)
    se = share.sd / share.n**0.5
    return MeanReading(reading.arm, reading.label, share.mean, se, share.sd, share.n, steps, reading.cautions)


def _contrast(
    one: Reading, two: Reading, sides: tuple[list[Reading], list[Reading]], instrument: Instrument, measure: Measure
) -> RawEffect:
    """Give the effect of one arm against another; `columns` in points of the instrument."""
    if measure in CONTRAST_ONLY:
        raise Unusable("wrong_kind", f"The events of two arms do not give {measure}; it has to be printed.")
    more: list[str] = []
    columns: dict[str, float | None]
    if isinstance(one, EventReading) and isinstance(two, EventReading):
        columns = {"ai": one.events, "n1i": one.total, "ci": two.events, "n2i": two.total}
        yi, vi, step = _event_effect(one, two, measure)
        more = _zero_cells(one, two)
        sizes: tuple[float | None, float | None] = (one.total, two.total)
    elif isinstance(one, MeanReading) and isinstance(two, MeanReading):
        columns = _mean_columns(one, two)
        yi, vi, step = _mean_effect(one, two, instrument, measure)
        sizes = (one.n, two.n)
    else:
        raise Unusable("wrong_kind", "One arm reports means, the other events.")
    steps = [*one.steps, *two.steps, step]
    if instrument.step is not None:
        steps.append(instrument.step)
    numbers = tuple(tuple(reading.arm for reading in side) for side in sides)
    known = {name: value for name, value in columns.items() if value is not None}
    raw = RawEffect(yi, vi, *sizes, (numbers[0], numbers[1]), (), steps, [*one.cautions, *two.cautions, *more])
    raw.columns = known if len(known) == len(columns) else {}
    return raw


def _mean_columns(one: MeanReading, two: MeanReading) -> dict[str, float | None]:
    """Give the numbers of both arms by metafor's names, in points of the instrument."""
    return {"m1i": one.mean, "sd1i": one.sd, "n1i": one.n, "m2i": two.mean, "sd2i": two.sd, "n2i": two.n}


def _mean_effect(
    one: MeanReading, two: MeanReading, instrument: Instrument, measure: Measure
) -> tuple[float, float, Step]:
    inputs = _mean_columns(one, two)
    if measure == "SMD":
        if one.sd is None or two.sd is None or one.n is None or two.n is None:
            raise Unusable("no_sd", "A standardised mean difference needs n and SD of both arms.")
        effect = engine.smd(m1i=one.mean, sd1i=one.sd, n1i=one.n, m2i=two.mean, sd2i=two.sd, n2i=two.n)
        yi, vi = float(effect.yi[0]), float(effect.vi[0])
        says = f"SMD (Hedges g) {say(yi)}, variance {say(vi)}"
    elif measure == "ROM":
        yi, vi, says = _ratio_of_means(one, two)
    else:
        yi, vi = one.mean - two.mean, one.se**2 + two.se**2
        says = f"Mean difference {say(one.mean)} − {say(two.mean)} = {say(yi)}, SE {say(vi**0.5)} on {instrument.name}"
    factor = instrument.factor
    return factor * yi, factor**2 * vi, Step(name=measure.lower(), says=says, inputs=dict(inputs), output=yi)


def _ratio_of_means(one: MeanReading, two: MeanReading) -> tuple[float, float, str]:
    """Give the log ratio of two means, its variance and how it is said (Hedges et al. 1999)."""
    if one.mean <= 0 or two.mean <= 0:
        raise Unusable("undefined", "A ratio of means needs two means above 0.")
    yi = math.log(one.mean / two.mean)
    vi = (one.se / one.mean) ** 2 + (two.se / two.mean) ** 2
    return yi, vi, f"log ratio of means {say(yi)}, variance {say(vi)} from {say(one.mean)} and {say(two.mean)}"


def _zero_cells(one: EventReading, two: EventReading) -> list[str]:
    """Say that the engine adds a half to each cell where one of them is 0, as metafor does."""
    cells = (one.events, one.total - one.events, two.events, two.total - two.events)
    return ["A cell of the two-by-two table is 0: 0.5 is added to each (Handbook 10.4.4.1)"] if 0.0 in cells else []


def _event_effect(one: EventReading, two: EventReading, measure: Measure) -> tuple[float, float, Step]:
    estimators = {"RR": engine.rr, "OR": engine.odds_ratio, "RD": engine.rd}
    all_or_none = (one.events, two.events) in ((0.0, 0.0), (one.total, two.total))
    if all_or_none and measure != "RD":
        who = "Nobody" if one.events == 0 else "Everybody"
        raise Unusable("no_information", f"{who} had the event in either arm, which says nothing of their ratio.")
    effect = estimators[measure](ai=one.events, n1i=one.total, ci=two.events, n2i=two.total)
    yi, vi = float(effect.yi[0]), float(effect.vi[0])
    scale = "" if measure == "RD" else "log "
    says = (
        f"{scale}{measure} {say(yi)}, variance {say(vi)} from {say(one.events)} of {say(one.total)} and "
        f"{say(two.events)} of {say(two.total)}"
    )
    inputs: dict[str, float | str | None] = {"ai": one.events, "n1i": one.total, "ci": two.events, "n2i": two.total}
    return yi, vi, Step(name=measure.lower(), says=says, inputs=inputs, output=yi)
