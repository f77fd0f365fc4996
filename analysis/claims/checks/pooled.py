"""Whether an estimate, its interval, its standard error, its statistic and its p value belong together."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from analysis.claims.claim import Claim, Quantity, Statement
from analysis.claims.document import Document
from analysis.claims.finding import Check, Severity, Told, between, figure
from analysis.claims.interval import Interval, exactly, span
from analysis.claims.scales import Scale, scales_of
from analysis.engine.distributions import critical_value, two_sided_p_value

E, LOW, HIGH, SE = Quantity.ESTIMATE, Quantity.CI_LOWER, Quantity.CI_UPPER, Quantity.SE
Z, P, K = Quantity.Z, Quantity.P_VALUE, Quantity.K
# Without k, the t distribution of an interval can have few degrees of freedom.
FEWEST_DF = 2.0


def value(claim: Claim) -> Interval:
    """Give the interval of a claim that has a number."""
    found = claim.interval
    assert found is not None
    return found


def number_of(statement: Statement, quantity: Quantity) -> float | None:
    """Give a number of a statement as printed, None where it has none."""
    claim = statement.get(quantity)
    return None if claim is None or claim.printed is None else claim.printed.number


def level_of(statement: Statement) -> float:
    """Give the level of the interval, a fraction; 95 % where none is printed."""
    printed = number_of(statement, Quantity.LEVEL)
    if printed is None or not 50.0 <= printed < 100.0:
        return 0.95
    return printed / 100.0


def degrees(statement: Statement) -> tuple[float | None, ...]:
    """Give the degrees of freedom that an interval or a test may have: None for the normal distribution."""
    k = number_of(statement, K)
    if k is None:
        return (None, FEWEST_DF)
    return (None, k - 1.0) if k >= 2 else (None,)


def critical_values(statement: Statement) -> tuple[Interval, ...]:
    """Give the critical values that the interval may be made with; without k, everything between two of them."""
    level = level_of(statement)
    found = [float(critical_value(level, df=df)) for df in degrees(statement)]
    if number_of(statement, K) is None:
        return (Interval(min(found), max(found)),)
    return tuple(exactly(one) for one in found)


def p_values(statement: Statement, statistic: Interval) -> Interval:
    """Give the p values that a statistic may have, under the normal distribution or t."""
    size = statistic.size()
    found = []
    for df in degrees(statement):
        low = two_sided_p_value(size.high, df=df) if isfinite(size.high) else 0.0
        found.append(Interval(low, two_sided_p_value(size.low, df=df)))
    if number_of(statement, K) is None:
        return span(found)
    return span(found)


def named(claim: Claim) -> str:
    """Give a number as printed, with all that it can stand for."""
    found = value(claim)
    if found.low == found.high:
        return claim.shown
    return f"{claim.shown} ({between(found.low, found.high)})"


def parts_of(statement: Statement, *quantities: Quantity) -> tuple[Claim, ...]:
    """Give the claims of a statement that there are, in this order."""
    return tuple(statement[name] for name in quantities if name in statement)


def ordered(document: Document) -> Iterator[Told]:
    """Whether limits stand in order and the estimate lies between them."""
    for statement in document.with_all(LOW, HIGH):
        low, high = value(statement[LOW]), value(statement[HIGH])
        claims = parts_of(statement, E, LOW, HIGH)
        if high.is_below(low):
            yield Told(
                claims, f"The lower limit {statement[LOW].text} is above the upper limit {statement[HIGH].text}."
            )
            continue
        if E not in statement or statement[E].interval is None:
            continue
        estimate = value(statement[E])
        if estimate.is_below(low) or high.is_below(estimate):
            says = f"The estimate {statement[E].text} lies outside {statement[LOW].text} to {statement[HIGH].text}."
            yield Told(claims, says)
        else:
            says = f"The estimate {statement[E].text} lies within {statement[LOW].text} to {statement[HIGH].text}."
            yield Told(claims, says, holds=True)


def centred(document: Document) -> Iterator[Told]:
    """Whether the estimate is in the middle of its interval, on the scale of the measure."""
    for statement in document.with_all(E, LOW, HIGH):
        estimate, low, high = (value(statement[name]) for name in (E, LOW, HIGH))
        scales = scales_of(statement[E].measure, estimate, low, high)
        if not scales or not all(isfinite(one.low + one.high) for one in (estimate, low, high)):
            continue
        middles = {scale: (scale.on(low) + scale.on(high)).times(0.5) for scale in scales}
        fitting = [scale for scale, middle in middles.items() if middle.meets(scale.on(estimate))]
        scale = fitting[0] if fitting else scales[0]
        yield Told(parts_of(statement, E, LOW, HIGH), _middle_says(statement, scale, middles[scale]), bool(fitting))


def _middle_says(statement: Statement, scale: Scale, middle: Interval) -> str:
    estimate = scale.on(value(statement[E]))
    limits = f"{statement[LOW].text} and {statement[HIGH].text}"
    return (
        f"{scale.name.capitalize()}{'the' if scale.name else 'The'} middle of {limits} is "
        f"{between(middle.low, middle.high)}; the estimate is printed as {statement[E].text}, "
        f"that is {between(estimate.low, estimate.high)}."
    )


def standard_errors(statement: Statement, scale: Scale) -> tuple[Interval, ...]:
    """Give the standard errors that the interval allows, one for each critical value."""
    width = (scale.on(value(statement[HIGH])) - scale.on(value(statement[LOW]))).times(0.5)
    width = Interval(max(width.low, 0.0), max(width.high, 0.0))
    return tuple(width / critical for critical in critical_values(statement))


def se_and_interval(document: Document) -> Iterator[Told]:
    """Whether the standard error gives the width of the interval."""
    for statement in document.with_all(SE, LOW, HIGH):
        low, high, printed = (value(statement[name]) for name in (LOW, HIGH, SE))
        scales = scales_of(statement[SE].measure, low, high)
        if not scales:
            continue
        found = [one for scale in scales for one in standard_errors(statement, scale)]
        holds = any(one.meets(printed) for one in found)
        says = (
            f"Half the width of {statement[LOW].text} to {statement[HIGH].text} over its critical value is "
            f"{between(found[0].low, found[0].high)}; the standard error is printed as {named(statement[SE])}."
        )
        yield Told(parts_of(statement, SE, LOW, HIGH), says, holds)


def z_and_interval(document: Document) -> Iterator[Told]:
    """Whether estimate over standard error, from the interval, is the printed statistic."""
    for statement in document.with_all(E, LOW, HIGH, Z):
        estimate, low, high, printed = (value(statement[name]) for name in (E, LOW, HIGH, Z))
        scales = scales_of(statement[E].measure, estimate, low, high)
        if not scales or not isfinite(printed.low + printed.high):
            continue
        found = [scale.on(estimate).size() / one for scale in scales for one in standard_errors(statement, scale)]
        holds = any(one.meets(printed.size()) for one in found)
        says = (
            f"{statement[E].text} over the standard error that {statement[LOW].text} to {statement[HIGH].text} allows "
            f"is {between(found[0].low, found[0].high)} in size; the statistic is printed as {named(statement[Z])}."
        )
        yield Told(parts_of(statement, E, LOW, HIGH, Z), says, holds)


def z_sign(document: Document) -> Iterator[Told]:
    """Whether a statistic with a minus sign stands with an estimate on the same side."""
    for statement in document.with_all(E, Z):
        estimate, z = value(statement[E]), value(statement[Z])
        scales = scales_of(statement[E].measure, estimate)
        if len(scales) != 1 or z.low >= 0.0:
            continue
        if scales[0].on(estimate).low > 0.0 and z.high < 0.0:
            says = f"The estimate {statement[E].text} and its statistic {statement[Z].text} have different signs."
            yield Told(parts_of(statement, E, Z), says)


def p_and_z(document: Document) -> Iterator[Told]:
    """Whether the p value is that of the statistic."""
    for statement in document.with_all(Z, P):
        found = p_values(statement, value(statement[Z]))
        holds = found.meets(value(statement[P]))
        says = (
            f"A statistic of {statement[Z].text} gives a two-sided p {between(found.low, found.high)}; "
            f"printed is {statement[P].text}."
        )
        yield Told(parts_of(statement, P, Z), says, holds)


def p_and_interval(document: Document) -> Iterator[Told]:
    """Whether the p value is that of estimate and interval."""
    for statement in document.with_all(E, LOW, HIGH, P):
        estimate, low, high, printed = (value(statement[name]) for name in (E, LOW, HIGH, P))
        found = []
        for scale in scales_of(statement[E].measure, estimate, low, high):
            for df, one in _pairs(statement, scale):
                size = (scale.on(estimate).size() / one) if one.low > 0.0 else Interval(0.0, float("inf"))
                smallest = two_sided_p_value(size.high, df=df) if isfinite(size.high) else 0.0
                found.append(Interval(smallest, two_sided_p_value(size.low, df=df)))
        if not found:
            continue
        if number_of(statement, K) is None:
            found = [span(found)]
        whole = span(found)
        holds = any(one.meets(printed) for one in found)
        says = (
            f"{statement[E].text} with {statement[LOW].text} to {statement[HIGH].text} gives p "
            f"{between(whole.low, whole.high)}; printed is {statement[P].text}."
        )
        yield Told(parts_of(statement, P, E, LOW, HIGH), says, holds)


def _pairs(statement: Statement, scale: Scale) -> Iterator[tuple[float | None, Interval]]:
    """Give each distribution with the standard error that the interval has under it."""
    width = (scale.on(value(statement[HIGH])) - scale.on(value(statement[LOW]))).times(0.5)
    for df in degrees(statement):
        yield df, width.times(1.0 / float(critical_value(level_of(statement), df=df)))


def p_and_side(document: Document) -> Iterator[Told]:
    """Whether the interval leaves out no effect exactly where p is below one minus the level."""
    for statement in document.with_all(LOW, HIGH, P):
        low, high, p = (value(statement[name]) for name in (LOW, HIGH, P))
        scales = scales_of(statement[P].measure or statement[LOW].measure, low, high)
        if len({scale.null for scale in scales}) != 1:
            continue
        null, alpha = scales[0].null, 1.0 - level_of(statement)
        limits = f"{statement[LOW].text} to {statement[HIGH].text}"
        inside = low.high < null < high.low
        outside = null < low.low or high.high < null
        if inside and p.high < alpha:
            says = f"{limits} includes {figure(null)}, so that p is at least {figure(alpha)}; "
            yield Told(parts_of(statement, P, LOW, HIGH), f"{says}printed is {statement[P].text}.")
        elif outside and p.low > alpha:
            says = f"{limits} leaves out {figure(null)}, so that p is below {figure(alpha)}; "
            yield Told(parts_of(statement, P, LOW, HIGH), f"{says}printed is {statement[P].text}.")


CHECKS = (
    Check(
        "interval_order",
        "Limits in order",
        "The lower limit is below the upper one, and the estimate lies between them.",
        Severity.IMPOSSIBLE,
        ordered,
    ),
    Check(
        "interval_middle",
        "Estimate in the middle",
        "A confidence interval of Wald's kind or by t reaches equally far to both sides, for ratios on the log scale. "
        "Intervals by profile likelihood, bootstrap or of proportions do not.",
        Severity.CONTRADICTION,
        centred,
    ),
    Check(
        "se_interval",
        "Standard error and interval",
        "Half the width of the interval over the critical value, normal or t with k − 1, is the standard error.",
        Severity.CONTRADICTION,
        se_and_interval,
    ),
    Check(
        "z_interval",
        "Statistic and interval",
        "Estimate over standard error is the statistic; the interval gives the standard error.",
        Severity.CONTRADICTION,
        z_and_interval,
    ),
    Check(
        "z_sign",
        "Sign of the statistic",
        "A statistic has the sign of its estimate (of its log, for ratios).",
        Severity.CONTRADICTION,
        z_sign,
    ),
    Check(
        "p_z",
        "p value and statistic",
        "The two-sided p value of the statistic, under the normal or the t distribution.",
        Severity.CONTRADICTION,
        p_and_z,
    ),
    Check(
        "p_interval",
        "p value and interval",
        "Estimate and interval give the statistic, and so the p value, normal or t with k − 1.",
        Severity.CONTRADICTION,
        p_and_interval,
    ),
    Check(
        "p_side",
        "p value and no effect",
        "A 95 % interval leaves out no effect where p is below .05, and only there.",
        Severity.CONTRADICTION,
        p_and_side,
    ),
)
