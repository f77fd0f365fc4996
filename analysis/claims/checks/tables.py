"""Whether numbers of the text are those of the document's own tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from analysis.claims.checks.pooled import K, value
from analysis.claims.claim import Claim, Quantity
from analysis.claims.condition import read_condition, split_rows
from analysis.claims.document import Document, Row
from analysis.claims.finding import Check, Severity, Told, between, figure
from analysis.claims.interval import Interval, exactly, hull
from analysis.engine.descriptives import quantiles

TYPES = range(1, 10)
FRACTIONS = {Quantity.QUARTILE_LOWER: 0.25, Quantity.MEDIAN: 0.5, Quantity.QUARTILE_UPPER: 0.75}
WORDS = {
    Quantity.QUARTILE_LOWER: "lower quartile",
    Quantity.MEDIAN: "median",
    Quantity.QUARTILE_UPPER: "upper quartile",
    Quantity.MINIMUM: "minimum",
    Quantity.MAXIMUM: "maximum",
}
SUMMED = frozenset({Quantity.SUM, Quantity.N, Quantity.MINIMUM, Quantity.MAXIMUM, Quantity.MEAN})


def rows_of(document: Document, claim: Claim) -> tuple[str, list[Row], int] | None:
    """Give the table that a claim names, the rows that meet its condition and how many it is not known of.

    None where the document has no such table.
    """
    table, condition = split_rows(claim.rows)
    if not table or table not in document.tables:
        return None
    rule = read_condition(condition)
    met = [(row, rule.holds(row)) for row in document.tables[table]]
    return table, [row for row, holds in met if holds], sum(holds is None for _, holds in met)


def numbers(rows: Sequence[Row], column: str) -> list[float]:
    """Give the numbers of a column; cells that hold none are left out."""
    found = []
    for row in rows:
        try:
            found.append(float(row.get(column, "")))
        except ValueError:
            continue
    return found


def eligible(document: Document) -> Iterator[Told]:
    """Whether an analysis pools no more studies than the table has for it."""
    for claim in document.of(K):
        found = rows_of(document, claim)
        if found is None or claim.interval is None:
            continue
        table, rows, unknown = found
        most = len(rows) + unknown
        holds = value(claim).low <= most
        tail = f" ({unknown} more where the table does not say)" if unknown else ""
        says = (
            f"The table {table} has {len(rows)} studies{tail} with {_words(claim)}; {claim.text} are pooled"
            f"{'' if holds else ', which is more than there are'}."
        )
        yield Told((claim,), says, holds)


def _words(claim: Claim) -> str:
    return str(read_condition(split_rows(claim.rows)[1]))


def counted(document: Document) -> Iterator[Told]:
    """Whether a count is that of the rows."""
    for claim in document.of(Quantity.COUNT):
        found = rows_of(document, claim)
        if found is None or claim.interval is None:
            continue
        table, rows, unknown = found
        holds = value(claim).meets(Interval(len(rows), len(rows) + unknown))
        tail = f", and {unknown} where it does not say" if unknown else ""
        says = f"The table {table} has {len(rows)} rows with {_words(claim)}{tail}; printed is {claim.text}."
        yield Told((claim,), says, holds)


def summed(document: Document) -> Iterator[Told]:
    """Whether a sum, a mean or an extreme is that of the column."""
    for claim in document.claims:
        if claim.quantity not in SUMMED or not claim.column or claim.interval is None:
            continue
        found = rows_of(document, claim)
        values = [] if found is None else numbers(found[1], claim.column)
        if found is None or not values:
            continue
        computed = {
            Quantity.MINIMUM: min(values),
            Quantity.MAXIMUM: max(values),
            Quantity.MEAN: sum(values) / len(values),
        }.get(claim.quantity, sum(values))
        holds = value(claim).meets(exactly(computed))
        word = claim.quantity.value if claim.quantity in (Quantity.MINIMUM, Quantity.MAXIMUM, Quantity.MEAN) else "sum"
        missing = len(found[1]) - len(values)
        tail = f" ({missing} empty)" if missing else ""
        says = (
            f"The {word} of {claim.column} in {found[0]} over {len(values)} rows{tail} is {computed:,.6g}; printed is "
            f"{claim.text}{_difference(claim, computed)}."
        )
        yield Told((claim,), says, holds)


def _difference(claim: Claim, computed: float) -> str:
    assert claim.printed is not None
    difference = claim.printed.number - computed
    return "" if difference == 0 else f", a difference of {figure(difference)}"


def ranked(document: Document) -> Iterator[Told]:
    """Whether a median or quartile is that of the column, by any definition of a quantile."""
    for claim in document.claims:
        if claim.quantity not in FRACTIONS or not claim.column or claim.interval is None:
            continue
        found = rows_of(document, claim)
        values = [] if found is None else numbers(found[1], claim.column)
        if found is None or len(values) < 2:
            continue
        whole = _quantiles(values, FRACTIONS[claim.quantity])
        holds = value(claim).meets(whole)
        says = (
            f"The {WORDS[claim.quantity]} of {claim.column} in {found[0]} over {len(values)} rows is "
            f"{between(whole.low, whole.high)}, by any of nine definitions; printed is {claim.text}."
        )
        yield Told((claim,), says, holds)


def _quantiles(values: list[float], fraction: float) -> Interval:
    """Give what the definitions make of a quantile; a median has one, and with an even number of values its middle."""
    types = (7,) if fraction == 0.5 else TYPES
    return hull(float(quantiles(values, fractions=fraction, quantile_type=one)) for one in types)


def in_order(document: Document) -> Iterator[Told]:
    """Whether minimum, quartiles and maximum stand in order."""
    order = (*(Quantity.MINIMUM, Quantity.QUARTILE_LOWER, Quantity.MEDIAN, Quantity.QUARTILE_UPPER, Quantity.MAXIMUM),)
    for statement in document.statements.values():
        there = [statement[name] for name in order if name in statement and statement[name].interval is not None]
        for first, second in pairwise(there):
            if value(second).is_below(value(first)):
                says = f"The {WORDS[first.quantity]} {first.text} is above the {WORDS[second.quantity]} {second.text}."
                yield Told((second, first), says)


def row_sums(document: Document) -> Iterator[Told]:
    """Whether the groups of a row sum to its total."""
    for table, whole, parts, count in document.sums:
        wrong, right = [], 0
        for row in document.tables.get(table, ()):
            there = numbers([{"": row.get(part, "")} for part in parts], "")
            total, groups = numbers([row], whole), numbers([row], count)
            if not total or not groups or len(there) != int(groups[0]):
                continue
            if sum(there) == total[0]:
                right += 1
            else:
                shown = " + ".join(figure(one) for one in there)
                wrong.append((row.get("study", ""), f"{shown} = {figure(sum(there))}; printed is {figure(total[0])}."))
        for study, says in wrong:
            yield Told((), says, about=f"{table}: {study}")
        if right:
            yield Told((), f"In {right} rows of {table} the groups sum to {whole}.", True, f"{table}: sums of rows")


CHECKS = (
    Check(
        "eligible_studies",
        "Pooled and eligible studies",
        "An analysis pools at most the studies that the tables have for it.",
        Severity.CONTRADICTION,
        eligible,
    ),
    Check(
        "table_count", "Counts and tables", "A count is that of the rows of the table.", Severity.CONTRADICTION, counted
    ),
    Check(
        "table_sum",
        "Sums and tables",
        "A total, a mean or an extreme is that of the table's column.",
        Severity.CONTRADICTION,
        summed,
    ),
    Check(
        "table_quantile",
        "Medians, quartiles and tables",
        "A median or quartile is that of the table's column, by any of the nine definitions of Hyndman and Fan (1996).",
        Severity.CONTRADICTION,
        ranked,
    ),
    Check(
        "quantile_order",
        "Order of quartiles",
        "Minimum, lower quartile, median, upper quartile and maximum stand in this order.",
        Severity.IMPOSSIBLE,
        in_order,
    ),
    Check(
        "row_sums",
        "Groups of a study",
        "The groups of a study sum to its participants, where all of them are given.",
        Severity.CONTRADICTION,
        row_sums,
    ),
)
