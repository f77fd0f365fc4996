"""Whether Q, its degrees of freedom, I², tau² and the prediction interval belong together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import inf, isfinite, sqrt

from analysis.claims.checks.pooled import HIGH, LOW, E, K, level_of, number_of, parts_of, standard_errors, value
from analysis.claims.claim import Quantity, Statement
from analysis.claims.document import Document
from analysis.claims.finding import Check, Severity, Told, between, figure
from analysis.claims.interval import Interval, span
from analysis.claims.scales import Scale, scales_of
from analysis.engine.distributions import chi2_p_value, critical_value

I2, Q, DF, QP = Quantity.I2, Quantity.Q, Quantity.Q_DF, Quantity.Q_P_VALUE
TAU2, TAU, PI_LOW, PI_HIGH = Quantity.TAU2, Quantity.TAU, Quantity.PI_LOWER, Quantity.PI_UPPER
# I² that is computed from a tau² of another method than DerSimonian and Laird's differs from that of Q. On the data
# sets of docs/claims.md it differs by at most this much.
MOST_APART = 0.35
# So far may tau² lie from what I², k and the standard error let expect; on the same data sets from 0.35 to 1.31 times.
FEWEST, MOST = 0.1, 8.0


def degrees_of_q(document: Document) -> Iterator[Told]:
    """Whether Q has k − 1 degrees of freedom."""
    for statement in document.with_all(DF, K):
        k, df = number_of(statement, K), number_of(statement, DF)
        assert k is not None
        holds = df == k - 1
        says = f"{figure(k)} studies leave {figure(k - 1)} degrees of freedom; printed is {statement[DF].text}."
        yield Told(parts_of(statement, DF, K), says, holds)


def _df(statement: Statement) -> float | None:
    """Give the degrees of freedom of Q as printed, or from k."""
    df = number_of(statement, DF)
    if df is None:
        k = number_of(statement, K)
        df = None if k is None else k - 1
    return df if df is not None and df >= 1 else None


def p_of_q(document: Document) -> Iterator[Told]:
    """Whether the p value is that of Q."""
    for statement in document.with_all(Q, QP):
        df = _df(statement)
        if df is None:
            continue
        q = value(statement[Q])
        low = chi2_p_value(q.high, df=df) if isfinite(q.high) else 0.0
        found = Interval(low, chi2_p_value(max(q.low, 0.0), df=df))
        says = (
            f"Q = {statement[Q].text} with {figure(df)} degrees of freedom gives p {between(found.low, found.high)}; "
            f"printed is {statement[QP].text}."
        )
        yield Told(parts_of(statement, QP, Q, DF, K), says, found.meets(value(statement[QP])))


def i2_of_q(document: Document) -> Iterator[Told]:
    """Whether I² is near (Q − df) / Q."""
    for statement in document.with_all(Q, I2):
        df = _df(statement)
        if df is None:
            continue
        q = value(statement[Q])
        found = Interval(*(max(0.0, 1.0 - df / bound) if bound > 0 else 0.0 for bound in (q.low, q.high)))
        wide = Interval(found.low - MOST_APART, found.high + MOST_APART)
        is_same = any(share.meets(found) for share in statement[I2].shares())
        holds = any(share.meets(wide) for share in statement[I2].shares())
        says = (
            f"(Q − df) / Q with Q = {statement[Q].text} and df = {figure(df)} is "
            f"{between(100 * found.low, 100 * found.high)} %; I² is printed as {statement[I2].shown}"
        )
        if holds and not is_same:
            says += ", which a tau² of another method may give"
        yield Told(parts_of(statement, I2, Q, DF, K), f"{says}.", holds)


def i2_possible(document: Document) -> Iterator[Told]:
    """Whether I² lies from 0 to 100 %, and tau² is not negative."""
    for claim in document.of(I2):
        if claim.interval is not None and claim.printed is not None:
            beyond = claim.printed.number < 0 or all(share.low >= 1.0 for share in claim.shares())
            if beyond:
                yield Told((claim,), f"I² is a share and below 100 %; printed is {claim.shown}.")
    for quantity in (TAU2, TAU, Q, Quantity.SE, Quantity.SD):
        for claim in document.of(quantity):
            if claim.printed is not None and claim.printed.number < 0:
                yield Told((claim,), f"{quantity.value} cannot be negative; printed is {claim.text}.")
    for claim in document.claims:
        if claim.quantity.value.endswith("p_value") and claim.printed is not None and claim.printed.number > 1:
            yield Told((claim,), f"A p value is at most 1; printed is {claim.text}.")


def tau2_of_i2(document: Document) -> Iterator[Told]:
    """Whether tau² is of the size that I², k and the standard error of the interval let expect."""
    for statement in document.with_all(TAU2, I2, K, E, LOW, HIGH):
        estimate, low, high, tau2 = (value(statement[name]) for name in (E, LOW, HIGH, TAU2))
        scales = scales_of(statement[E].measure, estimate, low, high)
        k = number_of(statement, K)
        if len(scales) != 1 or k is None or k < 2 or not isfinite(low.low + high.high):
            continue
        se = span(standard_errors(statement, scales[0]))
        found = span(share * (se * se).times(k) for share in statement[I2].shares())
        wide = Interval(found.low * FEWEST, found.high * MOST)
        holds = tau2.meets(wide)
        says = (
            f"I² {statement[I2].shown} with {statement[K].text} studies and {statement[LOW].text} to "
            f"{statement[HIGH].text} lets expect a tau² near {between(found.low, found.high)}; printed is "
            f"{statement[TAU2].text}."
        )
        yield Told(parts_of(statement, TAU2, I2, K, LOW, HIGH), says, holds)


def tau_squared(document: Document) -> Iterator[Told]:
    """Whether tau² is the square of tau."""
    for statement in document.with_all(TAU2, TAU):
        tau = value(statement[TAU])
        found = Interval(max(tau.low, 0.0) ** 2, tau.high**2)
        says = f"The square of tau {statement[TAU].text} is {between(found.low, found.high)}; tau² is printed as "
        yield Told(
            parts_of(statement, TAU2, TAU),
            f"{says}{statement[TAU2].text}.",
            found.meets(value(statement[TAU2])),
        )


def prediction_around(document: Document) -> Iterator[Told]:
    """Whether the prediction interval holds the confidence interval."""
    for statement in document.with_all(LOW, HIGH, PI_LOW, PI_HIGH):
        low, high, pi_low, pi_high = (value(statement[name]) for name in (LOW, HIGH, PI_LOW, PI_HIGH))
        narrow = low.is_below(pi_low) or pi_high.is_below(high)
        intervals = (
            f"{statement[PI_LOW].text} to {statement[PI_HIGH].text} and the confidence interval is "
            f"{statement[LOW].text} to {statement[HIGH].text}"
        )
        says = f"The prediction interval is {intervals}: {'it cannot be narrower' if narrow else 'it is the wider'}."
        yield Told(parts_of(statement, PI_LOW, PI_HIGH, LOW, HIGH), says, not narrow)


def prediction_width(document: Document) -> Iterator[Told]:
    """Whether tau² and the standard error give the width of the prediction interval."""
    for statement in document.with_all(E, LOW, HIGH, PI_LOW, PI_HIGH, K):
        spread = _tau2(statement)
        intervals = [value(statement[name]) for name in (E, LOW, HIGH, PI_LOW, PI_HIGH)]
        scales = scales_of(statement[E].measure, *intervals)
        if spread is None or len(scales) != 1 or not all(isfinite(one.low + one.high) for one in intervals):
            continue
        scale = scales[0]
        half = (scale.on(intervals[4]) - scale.on(intervals[3])).times(0.5)
        found = _half_widths(statement, scale, spread)
        holds = any(one.meets(half) for one in found)
        says = (
            f"{scale.name.capitalize()}tau² {statement[TAU2 if TAU2 in statement else TAU].text} and the standard "
            f"error of the interval give half a width of {between(found[-1].low, found[-1].high)}; "
            f"{statement[PI_LOW].text} to {statement[PI_HIGH].text} has {between(half.low, half.high)}."
        )
        yield Told(parts_of(statement, PI_LOW, PI_HIGH, TAU2, TAU, E, LOW, HIGH, K), says, holds)


def _tau2(statement: Statement) -> Interval | None:
    """Give tau² of a statement, from tau where only that is printed."""
    if TAU2 in statement:
        return statement[TAU2].interval
    if TAU in statement and statement[TAU].interval is not None:
        tau = value(statement[TAU])
        return Interval(max(tau.low, 0.0) ** 2, tau.high**2)
    return None


def _half_widths(statement: Statement, scale: Scale, tau2: Interval) -> list[Interval]:
    """Give half the widths that a prediction interval may have, by the distributions of both intervals."""
    k, level = number_of(statement, K), level_of(statement)
    assert k is not None
    width = (scale.on(value(statement[HIGH])) - scale.on(value(statement[LOW]))).times(0.5)
    ci_df = [None, *([k - 1] if k >= 2 else [])]
    pi_df = [None, *([k - 1] if k >= 2 else []), *([k - 2] if k >= 3 else [])]
    found = []
    for for_se, for_pi in product(ci_df, pi_df):
        se = width.times(1.0 / float(critical_value(level, df=for_se)))
        critical = float(critical_value(level, df=for_pi))
        bounds = [
            critical * sqrt(max(t, 0.0) + max(s, 0.0) ** 2)
            for t, s in zip((tau2.low, tau2.high), (se.low, se.high), strict=True)
            if t < inf
        ]
        found.append(Interval(min(bounds), max(bounds)))
    return found


CHECKS = (
    Check(
        "q_df",
        "Degrees of freedom of Q",
        "Q of k studies has k − 1 degrees of freedom.",
        Severity.CONTRADICTION,
        degrees_of_q,
    ),
    Check(
        "q_p",
        "Q and its p value",
        "The upper tail of the chi-squared distribution beyond Q.",
        Severity.CONTRADICTION,
        p_of_q,
    ),
    Check(
        "i2_q",
        "I², Q and k",
        "I² is (Q − df) / Q. Programs that take I² from tau² print another value; only what no such value explains is "
        "asked about.",
        Severity.CONTRADICTION,
        i2_of_q,
    ),
    Check(
        "possible_values",
        "Possible values",
        "I² lies from 0 to below 100 %, p from 0 to 1; tau², Q, standard errors and deviations are not negative.",
        Severity.IMPOSSIBLE,
        i2_possible,
    ),
    Check(
        "tau2_i2",
        "tau² and I²",
        "tau² is near I² times k times the squared standard error, where studies are alike in size. Only what lies far "
        "from it (less than a tenth, more than eight times) is asked about.",
        Severity.CONTRADICTION,
        tau2_of_i2,
    ),
    Check("tau_tau2", "tau and tau²", "tau² is the square of tau.", Severity.CONTRADICTION, tau_squared),
    Check(
        "pi_ci",
        "Prediction interval and confidence interval",
        "A prediction interval holds the confidence interval.",
        Severity.IMPOSSIBLE,
        prediction_around,
    ),
    Check(
        "pi_width",
        "tau², confidence interval and prediction interval",
        "Half the width of a prediction interval is the critical value (normal, t with k − 1 or k − 2) times the root "
        "of tau² plus the squared standard error.",
        Severity.CONTRADICTION,
        prediction_width,
    ),
)
