"""The tables of a fitted network."""

from collections.abc import Iterable
from itertools import combinations

import numpy as np

from analysis.contract import Comparison
from analysis.engine.distributions import critical_value
from analysis.engine.network import (
    AdjustedFunnel,
    Decomposition,
    Evaluation,
    EventNetwork,
    NetHeat,
    Network,
    Split,
    p_scores,
)
from plugins.network.result import Design, Edge, FunnelPoint, HeatCell, LeagueCell, LinePoint, Pair, Treatment

Fit = Network | EventNetwork


def list_treatments(fit: Fit, *, reference: str, small_values_are_good: bool) -> tuple[Treatment, ...]:
    """Give the treatments, best first; the reference is 0 without an interval."""
    scores = p_scores(fit, small_values_are_good=small_values_are_good)
    base = fit.place(reference)
    return tuple(
        _treatment(fit, row, base, score=float(scores[row]))
        for row in sorted(range(fit.n), key=lambda row: (-scores[row], fit.treatments[row]))
    )


def _treatment(fit: Fit, row: int, base: int, *, score: float) -> Treatment:
    """Give one treatment."""
    name, is_reference = fit.treatments[row], row == base
    numbers = {} if is_reference else _cell(fit, row, base) | {"statistic": float(fit.statistic[row, base])}
    return Treatment.model_validate(
        {
            "name": name,
            "label": f"{name} (reference)" if is_reference else name,
            "is_reference": is_reference,
            "k": _count_studies(fit, row),
            "p_score": score,
            "estimate": 0.0,
            **numbers,
        }
    )


def _count_studies(fit: Fit, row: int) -> int:
    """Give the number of studies of a treatment."""
    if isinstance(fit, EventNetwork):
        return fit.data.studies_with(fit.treatments[row])
    return sum(row in study.members for study in fit.evidence.studies)


def _cell(fit: Fit, row: int, column: int) -> dict[str, float | None]:
    """Give the numbers of a pair, row minus column."""
    numbers = [name for name in LeagueCell.model_fields if name not in ("name", "row", "column")]
    tables = {name: getattr(fit, name, None) for name in numbers}  # models of rare events have no prediction interval
    return {name: None if table is None else float(table[row, column]) for name, table in tables.items()}


def make_league(fit: Fit, order: tuple[str, ...]) -> tuple[LeagueCell, ...]:
    """Give all pairs of treatments, both ways, in the order of the treatments."""
    places = [fit.place(name) for name in order]
    return tuple(
        LeagueCell.model_validate(
            {
                "name": f"{fit.treatments[row]} vs {fit.treatments[column]}",
                "row": fit.treatments[row],
                "column": fit.treatments[column],
                **_cell(fit, row, column),
            }
        )
        for row in places
        for column in places
        if row != column
    )


def list_edges(comparisons: Iterable[Comparison]) -> tuple[Edge, ...]:
    """Give the pairs that studies compare, with the precision of what they say by themselves."""
    found: dict[tuple[str, str], list[Comparison]] = {}
    for one in comparisons:
        first, second = sorted((one.treatment_1, one.treatment_2))
        found.setdefault((first, second), []).append(one)
    return tuple(
        _edge(pair, k=len({one.study for one in own}), se=sum(1.0 / one.vi for one in own) ** -0.5)
        for pair, own in sorted(found.items())
    )


def count_edges(designs: Iterable[tuple[tuple[str, ...], int]]) -> tuple[Edge, ...]:
    """Give the pairs that studies compare, from the treatments and the number of studies of each design."""
    found: dict[tuple[str, str], int] = {}
    for treatments, k in designs:
        for pair in combinations(sorted(treatments), 2):
            found[pair] = found.get(pair, 0) + k
    return tuple(_edge(pair, k=k, se=None) for pair, k in sorted(found.items()))


def _edge(pair: tuple[str, str], *, k: int, se: float | None) -> Edge:
    """Give one pair."""
    name = " vs ".join(pair)
    return Edge(name=name, label=name, treatment_1=pair[0], treatment_2=pair[1], k=k, se=se)


def list_pairs(splits: tuple[Split, ...]) -> tuple[Pair, ...]:
    """Give direct and indirect evidence on all pairs."""
    return tuple(
        Pair.model_validate(
            {
                "name": f"{split.treatment_1} vs {split.treatment_2}",
                "label": f"{split.treatment_1} vs {split.treatment_2}",
                "treatment_1": split.treatment_1,
                "treatment_2": split.treatment_2,
                "k": split.k,
                "proportion": split.proportion,
                "estimate": split.network.estimate,
                "ci_lower": split.network.ci_lower,
                "ci_upper": split.network.ci_upper,
                **_named("direct_", "estimate", split.direct),
                **_named("indirect_", "estimate", split.indirect),
                **_named("difference_", "", split.difference),
                "p_value": None if split.difference is None else split.difference.p_value,
            }
        )
        for split in splits
    )


def _named(prefix: str, estimate: str, found: Evaluation | None) -> dict[str, float]:
    """Give an estimate and its interval by names with a prefix; nothing where there is none."""
    if found is None:
        return {}
    limits = {f"{prefix}ci_lower": found.ci_lower, f"{prefix}ci_upper": found.ci_upper}
    return {f"{prefix}{estimate}".rstrip("_"): found.estimate, **limits}


def list_designs(parts: Decomposition) -> tuple[Design, ...]:
    """Give the designs."""
    rows = []
    for share in parts.designs:
        label = " vs ".join(share.treatments)
        left = share.detached
        rows.append(
            Design(
                name=label,
                label=label,
                treatments=share.treatments,
                k=share.k,
                q=share.within.q,
                q_df=share.within.q_df,
                q_p_value=share.within.q_p_value,
                inconsistency=share.inconsistency,
                detached_q=None if left is None else left.q,
                detached_q_df=None if left is None else left.q_df,
                detached_q_p_value=None if left is None else left.q_p_value,
            )
        )
    return tuple(rows)


def list_heat(heat: NetHeat) -> tuple[HeatCell, ...]:
    """Give the cells of the net heat matrix."""
    return tuple(
        HeatCell(
            name=f"{row_name} by {column_name}",
            row=row_name,
            column=column_name,
            value=float(heat.heat[row, column]),
            share=abs(float(heat.share[row, column])),
        )
        for row, row_name in enumerate(heat.names)
        for column, column_name in enumerate(heat.names)
    )


def list_funnel(
    fit: Network, funnel: AdjustedFunnel, comparisons: tuple[Comparison, ...]
) -> tuple[tuple[FunnelPoint, ...], tuple[LinePoint, ...]]:
    """Give the points of the funnel, and the triangle in which they lie where studies of a pair differ by chance."""
    columns = (funnel.rows, funnel.first, funnel.second, funnel.adjusted, funnel.sei)
    points = []
    for row, first, second, value, error in zip(*(column.tolist() for column in columns), strict=True):
        names = {"treatment_1": fit.treatments[first], "treatment_2": fit.treatments[second]}
        pair = " vs ".join(names.values())
        label = f"{comparisons[row].label}: {pair}"
        points.append(
            FunnelPoint(name=f"{comparisons[row].study}: {pair}", label=label, estimate=value, se=error, **names)
        )
    if not points:
        return (), ()
    largest = float(np.max(funnel.sei))
    reach = float(critical_value(fit.level)) * largest
    ends = ((-reach, largest), (0.0, 0.0), (reach, largest))
    limits = [LinePoint(name=f"limit-{number}", estimate=x, se=y) for number, (x, y) in enumerate(ends, start=1)]
    return tuple(points), tuple(limits)
