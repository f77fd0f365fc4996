"""The comparisons of a network: every pair of treatments that a study compares, from one kind of result."""

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
from analysis.engine import EngineError, odds_ratio, rr

Row = dict[str, Any]
Pair = tuple[str, str]
EXPERIMENTAL = "experimental"
# A comparison's counts by the names of the columns of an effect.
COUNTS = {"events_1": "ai", "total_1": "n1i", "events_2": "ci", "total_2": "n2i"}


@dataclass(slots=True)
class Found:
    """What one kind of result gives for pairs of treatments."""

    candidate: Candidate
    pairs: dict[Pair, Candidate] = field(default_factory=dict)


def find_comparisons(code: str, content: Row, rules: Rules, *, window: Window) -> list[Comparison]:
    """Give the comparisons of one study: those of the first kind of result that joins its treatments.

    Arms of one treatment are combined. A study whose printed contrasts leave out a pair among three or more treatments
    gives nothing by them, since the missing correlation cannot be known. Two arms without events (or with nothing else)
    beside others keep their place: their counts are known.
    """
    study = content["studies"][code]
    if study["extraction"] is None:
        return []
    nodes = find_nodes(study["extraction"]["arms"], content, rules)
    for found in _by_kind(code, content, nodes, window=window, rules=rules):
        rows = _build(found, rules)
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
            kind.pairs[first, second] = candidate
    return [found[key] for key in sorted(found)]


def _build(found: Found, rules: Rules) -> dict[Pair, RawEffect]:
    """Give the effect of each pair; nothing where a pair among three or more treatments cannot be had."""
    rows: dict[Pair, RawEffect] = {}
    alike = []
    for pair, candidate in found.pairs.items():
        try:
            (rows[pair],) = candidate.build()
        except Unusable as error:
            if error.code == "no_information":
                alike.append(pair)
        except EngineError:
            continue
    treatments = {name for pair in rows for name in pair}
    counts = _counts(rows)
    for pair in alike:
        if counts.keys() >= set(pair):
            rows[pair] = _compare_alike(counts[pair[0]], counts[pair[1]], rules, refs=found.pairs[pair].refs)
    ordered = {pair: rows[pair] for pair in found.pairs if pair in rows}
    return ordered if len(rows) == len(treatments) * (len(treatments) - 1) // 2 else {}


def _counts(rows: dict[Pair, RawEffect]) -> dict[str, tuple[float, float]]:
    """Give events and total of each treatment whose arms report them."""
    counts = {}
    for (first, second), raw in rows.items():
        if "ai" in raw.columns:
            counts[first] = raw.columns["ai"], raw.columns["n1i"]
            counts[second] = raw.columns["ci"], raw.columns["n2i"]
    return counts


def _compare_alike(
    one: tuple[float, float], two: tuple[float, float], rules: Rules, *, refs: tuple[str, ...]
) -> RawEffect:
    """Give the ratio of two arms in which nobody, or everybody, had the event, with a half in each cell.

    It says nothing by itself, but it belongs to the others of its study.
    """
    ratio = odds_ratio if rules.measure == "OR" else rr
    effect = ratio(ai=one[0], n1i=one[1], ci=two[0], n2i=two[1])
    columns = {"ai": one[0], "n1i": one[1], "ci": two[0], "n2i": two[1]}
    return RawEffect(float(effect.yi[0]), float(effect.vi[0]), one[1], two[1], ((), ()), refs, columns=columns)


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
        **({name: raw.columns[column] for name, column in COUNTS.items()} if "ai" in raw.columns else {}),
        week=candidate.week,
        facts={"instrument": candidate.instrument, "source": candidate.source, **study_facts(study, content)},
        rob=risk_of_bias(study, rules),
        sources=raw.sources or candidate.refs,
    )
