"""The comparisons of a study, one row for each pair of arms, instrument and time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from math import log
from typing import Any

from evidence.exporters.metapsy.columns import ABSENT, category_of, condition_of, names_of
from evidence.models import Arm, ArmResult, ContrastResult, Extraction, Instrument

When = tuple[int, Decimal | None, str]
"""Key of the instrument, week and printed time."""


@dataclass(slots=True)
class Comparison:
    """Two arms, with one instrument at one time: what is given of each arm by kind of value, and of both together."""

    arms: tuple[Arm, Arm]
    instrument: Instrument
    week: Decimal | None
    time: str
    of_arms: dict[tuple[int, str], ArmResult] = field(default_factory=dict)
    contrasts: list[ContrastResult] = field(default_factory=list)


def comparisons_of(extraction: Extraction) -> Iterator[Comparison]:
    """Give what a study's agreed extraction says, in a fixed order; adjusted values are left out."""
    arms = sorted(extraction.arms.all(), key=lambda arm: arm.number)
    for first, second in _pairs(arms):
        yield from _of_pair(extraction, first, second)


def _pairs(arms: list[Arm]) -> Iterator[tuple[Arm, Arm]]:
    """Give each experimental arm with each comparator; without a comparator, with each later experimental one."""
    experimental = [arm for arm in arms if arm.role == Arm.Role.EXPERIMENTAL]
    comparators = [arm for arm in arms if arm.role == Arm.Role.COMPARATOR]
    for place, first in enumerate(experimental):
        for second in comparators or experimental[place + 1 :]:
            yield first, second


def _of_pair(extraction: Extraction, first: Arm, second: Arm) -> Iterator[Comparison]:
    found: dict[When, Comparison] = {}

    def at(row: ArmResult | ContrastResult) -> Comparison:
        key = (row.instrument_id, row.week, row.time_as_printed)
        return found.setdefault(key, Comparison((first, second), row.instrument, row.week, row.time_as_printed))

    rows = [(side, row) for side, arm in enumerate((first, second), start=1) for row in arm.results.all()]
    rows = [(side, row) for side, row in rows if not row.is_adjusted]
    for side, row in rows:
        if row.week != 0:
            at(row).of_arms[side, row.value_kind] = row
    for contrast in extraction.contrasts.all():
        is_theirs = (contrast.first_arm_id, contrast.second_arm_id) == (first.pk, second.pk)
        if is_theirs and not contrast.is_adjusted and contrast.measure in ("SMD", "RR"):
            at(contrast).contrasts.append(contrast)
    for side, row in rows:
        for one in found.values() if row.week == 0 and row.value_kind == "final" else ():
            if one.instrument.pk == row.instrument_id:
                one.of_arms[side, "baseline"] = row
    yield from sorted(filter(_compares, found.values()), key=_order)


def _compares(one: Comparison) -> bool:
    """Whether there is something that both arms have, or an effect."""
    first, second = ({kind for side, kind in one.of_arms if side == arm} - {"baseline"} for arm in (1, 2))
    return bool(one.contrasts or first & second)


def _order(one: Comparison) -> tuple[Any, ...]:
    return one.instrument.outcome.code, one.instrument.code, one.week is None, one.week or Decimal(0), one.time


def cells_of(one: Comparison, conditions: Mapping[int, str]) -> dict[str, str]:
    """Give the cells of a comparison by the standard's columns."""
    instrument, rating, event = names_of(one.instrument)
    cells = {
        "outcome_category": category_of(one.instrument, event),
        "instrument": instrument,
        "rating": rating or ABSENT,
        "time": one.time or ABSENT,
        "time_weeks": number(one.week),
        "outcome_type": event or _type(one),
    }
    for side, arm in enumerate(one.arms, start=1):
        cells[f"condition_arm{side}"], cells[f"multi_arm{side}"] = condition_of(arm, conditions[arm.pk])
        cells[f"rand_arm{side}"] = number(arm.n_randomised)
        cells |= _of_arm(one, side)
    return cells | _effects(one)


def _type(one: Comparison) -> str:
    kinds = {kind for _, kind in one.of_arms} - {"baseline"}
    return "msd" if "final" in kinds else "change" if kinds else "other statistic"


def _of_arm(one: Comparison, side: int) -> dict[str, str]:
    final, change, baseline = (one.of_arms.get((side, kind)) for kind in ("final", "change", "baseline"))
    found: dict[str, str] = {}
    for row, names in (
        (final, ("mean_arm{}", "sd_arm{}", "n_arm{}")),
        (change, ("mean_change_arm{}", "sd_change_arm{}", "n_change_arm{}")),
        (baseline, ("baseline_m_arm{}", "baseline_sd_arm{}", "baseline_n_arm{}")),
    ):
        if row is not None:
            values = (row.mean, row.sd, row.n)
            found |= {name.format(side): number(value) for name, value in zip(names, values, strict=True)}
    if final is not None and final.events is not None:
        found |= {f"event_arm{side}": number(final.events), f"totaln_arm{side}": number(final.total)}
    return found


def _effects(one: Comparison) -> dict[str, str]:
    """Give the effects that are printed for the pair; a ratio needs an interval, from which its error comes."""
    found: dict[str, str] = {}
    for row in one.contrasts:
        if row.measure == "SMD":
            found |= {"precalc_g": number(row.estimate), "precalc_g_se": number(row.standard_error)}
        elif row.estimate and row.ci_lower and row.ci_upper and row.ci_level == Decimal("0.95"):
            spread = (log(row.ci_upper) - log(row.ci_lower)) / (2 * 1.959963984540054)
            found |= {"precalc_log_rr": number(_six(log(row.estimate))), "precalc_log_rr_se": number(_six(spread))}
        for name, size in (("n_arm1", row.n_first), ("n_arm2", row.n_second)):
            found |= {name: number(size)} if size and not one.of_arms else {}
    return found


def _six(value: float) -> Decimal:
    return Decimal(f"{value:.6f}")


def number(value: Decimal | int | None) -> str:
    """Give a number with a decimal comma, NA where there is none."""
    if value is None:
        return ABSENT
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", ",")
