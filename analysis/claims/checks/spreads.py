"""Whether standardised and plain mean differences belong together."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.claims.checks.pooled import E, value
from analysis.claims.claim import Claim, Quantity
from analysis.claims.document import Document
from analysis.claims.finding import Check, Severity, Told, between, figure
from analysis.claims.interval import Interval

MD = Quantity.MEAN_DIFFERENCE
# The spread that a pooled SMD and a pooled MD imply is a mean over studies; that of one group differs by less.
FACTOR = 2.0


def signs(document: Document) -> Iterator[Told]:
    """Whether SMD and mean difference point the same way."""
    for statement in document.with_all(E, MD):
        smd, md = value(statement[E]), value(statement[MD])
        if statement[E].measure.upper() not in ("SMD", "G", "D"):
            continue
        is_turned = (smd.high < 0 < md.low) or (md.high < 0 < smd.low)
        words = "have different signs" if is_turned else "point the same way"
        says = f"The SMD {statement[E].text} and the mean difference {statement[MD].text} {words}."
        yield Told((statement[MD], statement[E]), says, not is_turned)


def deviations(document: Document) -> Iterator[Told]:
    """Whether the standard deviation that both imply is possible on the scale, and like those that are printed."""
    widths = {claim.outcome: claim for claim in document.of(Quantity.SCALE_WIDTH) if claim.interval is not None}
    for statement in document.with_all(E, MD):
        smd, md = statement[E], statement[MD]
        size = value(smd).size()
        if smd.measure.upper() not in ("SMD", "G", "D") or size.low <= 0.0:
            continue
        implied = value(md).size() / size
        says = f"{md.text} over {smd.text} implies a standard deviation of {between(implied.low, implied.high)}"
        width = widths.get(smd.outcome)
        printed = [claim for claim in document.of(Quantity.SD) if claim.outcome == smd.outcome and claim.interval]
        if width is not None and implied.low > value(width).high / 2.0:
            half = figure(value(width).high / 2.0)
            yield Told((md, smd, width), f"{says}; on a scale of {width.text} points at most {half} is possible.")
        elif printed:
            yield _beside_printed((md, smd), says, implied, printed)
        elif width is not None:
            yield Told((md, smd, width), f"{says}, which a scale of {width.text} points allows.", True)


def _beside_printed(claims: tuple[Claim, Claim], says: str, implied: Interval, printed: list[Claim]) -> Told:
    low, high = min(value(claim).low for claim in printed), max(value(claim).high for claim in printed)
    holds = implied.meets(Interval(low / FACTOR, high * FACTOR))
    shown = ", ".join(dict.fromkeys(claim.text for claim in printed))
    words = "near" if holds else f"more than {figure(FACTOR)} times from"
    return Told((*claims, *printed), f"{says}, {words} those that are printed for the outcome ({shown}).", holds)


CHECKS = (
    Check(
        "smd_md_sign",
        "Signs of SMD and mean difference",
        "A mean difference is the SMD times a standard deviation, which is positive.",
        Severity.CONTRADICTION,
        signs,
    ),
    Check(
        "smd_md_sd",
        "Standard deviation behind SMD and mean difference",
        "Their quotient is a standard deviation: at most half the width of the scale, and like those that are printed.",
        Severity.SUSPICIOUS,
        deviations,
    ),
)
