"""The comparisons of a network: every pair of treatments that a study compares, from one kind of result."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from analysis.contract import Comparison
from analysis.derivation.arms import RawEffect
from analysis.derivation.candidates import Candidate, Sides, Window, find_candidates
from analysis.derivation.facts import components_of, risk_of_bias
from analysis.derivation.rules import Rules
from analysis.derivation.study_rows import study_facts
from analysis.derivation.wording import Unusable
from analysis.engine import EngineError

Row = dict[str, Any]
Pair = tuple[str, str]
EXPERIMENTAL = "experimental"


@dataclass(slots=True)
class Found:
    """What one kind of result gives for pairs of treatments."""

    candidate: Candidate
    builds: dict[Pair, Callable[[], list[RawEffect]]] = field(default_factory=dict)


def find_comparisons(code: str, content: Row, rules: Rules, *, window: Window) -> list[Comparison]:
    """Give the comparisons of one study: those of the first kind of result that joins its treatments.

    Arms of one treatment are combined. A study whose printed contrasts leave out a pair among three or more treatments
    gives nothing by them, since the missing correlation cannot be known.
    """
    study = content["studies"][code]
    if study["extraction"] is None:
        return []
    nodes = find_nodes(study["extraction"]["arms"], content, rules)
    for found in _by_kind(code, content, nodes, window=window, rules=rules):
        rows = _build(found)
        if rows:
            return [_comparison(code, content, pair, found.candidate, raw, rules) for pair, raw in rows.items()]
    return []


def find_nodes(arms: list[Row], content: Row, rules: Rules) -> dict[str, list[Row]]:
    """Give the arms of each treatment, by its name, in alphabetical order."""
    nodes: dict[str, list[Row]] = {}
    for arm in sorted(arms, key=lambda arm: int(arm["number"])):
        name = _node(arm, content, rules)
        if name is not None:
            nodes.setdefault(name, []).append(arm)
    return dict(sorted(nodes.items()))


def _node(arm: Row, content: Row, rules: Rules) -> str | None:
    """Name the treatment of an arm; None where the reports or the rules leave it out."""
    if arm["role"] == "comparator":
        kind: str | None = arm["comparator_type"]
        return kind if kind in rules.comparators else None
    if arm["role"] != "experimental":
        return None
    if not rules.node_family:
        return EXPERIMENTAL
    kinds = components_of(content, [arm]).get(rules.node_family)
    return "+".join(kinds) if isinstance(kinds, tuple) and kinds else EXPERIMENTAL


def _by_kind(code: str, content: Row, nodes: dict[str, list[Row]], *, window: Window, rules: Rules) -> list[Found]:
    """Give the kinds of result of a study, best first, each with the pairs that it could give."""
    combined = rules.model_copy(update={"multi_arm": "combine"})
    outcome = content["outcomes"][rules.outcome]
    extraction = content["studies"][code]["extraction"]
    found: dict[tuple[Any, ...], Found] = {}
    for first, second in combinations(nodes, 2):
        sides = Sides({arm["number"]: arm for arm in nodes[first]}, {arm["number"]: arm for arm in nodes[second]})
        for candidate in find_candidates(code, extraction, sides, outcome=outcome, window=window, rules=combined):
            kind = found.setdefault(candidate.key, Found(candidate))
            kind.builds[first, second] = candidate.build
    return [found[key] for key in sorted(found)]


def _build(found: Found) -> dict[Pair, RawEffect]:
    """Give the effect of each pair; nothing where a pair among three or more treatments cannot be had."""
    rows: dict[Pair, RawEffect] = {}
    for pair, build in found.builds.items():
        try:
            (rows[pair],) = build()
        except (Unusable, EngineError):
            continue
    treatments = {name for pair in rows for name in pair}
    return rows if len(rows) == len(treatments) * (len(treatments) - 1) // 2 else {}


def _comparison(code: str, content: Row, pair: Pair, candidate: Candidate, raw: RawEffect, rules: Rules) -> Comparison:
    study = content["studies"][code]
    return Comparison(
        study=code,
        label=study["label"],
        treatment_1=pair[0],
        treatment_2=pair[1],
        yi=raw.yi + 0.0,  # no minus before a zero
        vi=raw.vi,
        n1=raw.n1,
        n2=raw.n2,
        week=candidate.week,
        facts={"instrument": candidate.instrument, "source": candidate.source, **study_facts(study, content)},
        rob=risk_of_bias(study, rules),
        sources=raw.sources or candidate.refs,
    )
