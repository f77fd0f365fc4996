"""How the proposed certainty (GRADE) moved between two snapshots, and what each change did to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.explain.mixture import Mixture, Player
from analysis.explain.records import DomainChange, Kind, RatingMovement, RatingShare
from analysis.explain.shapley import BoolArray, FloatArray, Shares, share_out

Row = dict[str, Any]
# Rates frozen evidence by rules and parameters of the steps, all plain data; None where it cannot be rated.
Rate = Callable[[Row, Row, Mapping[str, Mapping[str, Any]]], Mapping[str, Any] | None]

CERTAINTIES = ("high", "moderate", "low", "very_low")
# Each mixture runs every step that GRADE reads: with more changes than this, those of one kind are taken together.
APART_UP_TO = 6
# Where every change is asked for by itself, all mixtures of up to EXACT_UP_TO are rated, and sampled orders above.
PAIRS = 12

NOT_MOVED = "The proposed rating is the same in both snapshots."
MIXED = "How much of it each change caused cannot be told, as some mixtures of the two snapshots cannot be rated."
TOGETHER = "With {n} changes, those of one kind are taken together here."
NOT_RATED = "The certainty was proposed in one of the snapshots only."
GROUPS = {
    "added": "Studies that are newly pooled ({n})",
    "removed": "Studies that are no longer pooled ({n})",
    "changed": "Studies with another effect ({n})",
    "noted": "Other changes in studies ({n})",
    "settings": "Rules, definitions and parameters ({n})",
}
SOFTWARE = "Other versions of plugins or libraries, and what the changes above do not hold"


@dataclass(frozen=True, slots=True)
class Group:
    """Changes that are applied together; usually one."""

    key: str
    kind: Kind
    label: str
    players: tuple[Player, ...]


def explain_rating(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    mixture: Mixture | None = None,
    rate: Rate | None = None,
    each: bool = False,
) -> RatingMovement | None:
    """Give how the proposal moved; None where neither snapshot has one.

    Parameters
    ----------
    before, after : results of the plugin grade as plain data, empty where there is none
    mixture, rate : what is needed to share the movement out; without them only the domains are compared
    each : whether every change has its own share however many there are; may take minutes
    """
    if not before and not after:
        return None
    old, new = levels_of(before), levels_of(after)
    names = [name for name in dict.fromkeys((*old, *new)) if old.get(name) != new.get(name)]
    if not before or not after:
        message = NOT_RATED
    else:
        message = "" if names or before.get("certainty") != after.get("certainty") else NOT_MOVED
    moved = RatingMovement(
        certainty_before=before.get("certainty"),
        certainty_after=after.get("certainty"),
        levels_before=total_of(before),
        levels_after=total_of(after),
        domains=tuple(_domain(name, before, after) for name in names),
        message=message,
    )
    is_defined = moved.levels_before is not None and moved.levels_after is not None
    if message or not is_defined or mixture is None or rate is None:
        return moved
    return _shared(moved, mixture, rate, before, after, each=each)


def levels_of(result: Mapping[str, Any]) -> dict[str, int]:
    """Give the levels of a proposal by domain: positive down, negative up."""
    down = {row["name"]: int(row["rate_down"]) for row in result.get("domains", ())}
    return down | {row["name"]: -int(row["rate_up"]) for row in result.get("rate_ups", ())}


def total_of(result: Mapping[str, Any]) -> int | None:
    """Give how many levels a proposal is below high: its start, what it rates down, less what it rates up."""
    if result.get("levels_down") is None:
        return None
    start = CERTAINTIES.index(str(result.get("start", "high")))
    return start + int(result["levels_down"]) - int(result.get("levels_up") or 0)


def _domain(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> DomainChange:
    """Give one domain in both snapshots."""
    reasons = [
        tuple(
            reason
            for row in (*result.get("domains", ()), *result.get("rate_ups", ()))
            if row["name"] == name
            for reason in row["reasons"]
        )
        for result in (before, after)
    ]
    old, new = levels_of(before).get(name), levels_of(after).get(name)
    return DomainChange(name=name, before=old, after=new, reasons_before=reasons[0], reasons_after=reasons[1])


def _shared(
    moved: RatingMovement,
    mixture: Mixture,
    rate: Rate,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    each: bool,
) -> RatingMovement:
    """Add what each change did; without shares where a mixture cannot be rated."""
    names = [row.name for row in moved.domains]
    stored = [_numbers(result, names) for result in (before, after)]
    groups = group(mixture, each=each)
    try:
        shares = share_out(_game(mixture, groups, rate, names), len(groups), pairs=PAIRS)
    except _Unrated:
        return moved.model_copy(update={"message": MIXED})
    rest = (stored[1] - shares.end) - (stored[0] - shares.start)
    rows = [_share(one, shares, place, names) for place, one in enumerate(groups)]
    if np.any(rest != 0.0):
        named = dict(zip(names, rest[1:].tolist(), strict=True))
        rows.append(RatingShare(key="software", kind="software", label=SOFTWARE, levels=float(rest[0]), domains=named))
    message = TOGETHER.format(n=len(mixture.players)) if len(groups) < len(mixture.players) else ""
    return moved.model_copy(update={"shares": tuple(rows), "is_exact": shares.is_exact, "message": message})


def group(mixture: Mixture, *, each: bool) -> tuple[Group, ...]:
    """Give every change by itself, or, where there are many, those of one kind together."""
    players = mixture.players
    if each or len(players) <= APART_UP_TO:
        return tuple(Group(one.key, one.kind, one.label, (one,)) for one in players)
    found: dict[str, list[Player]] = {}
    for player in players:
        found.setdefault(_status(mixture, player), []).append(player)
    return tuple(
        Group(name, "settings" if name == "settings" else "study", title.format(n=len(found[name])), tuple(found[name]))
        for name, title in GROUPS.items()
        if name in found
    )


def _status(mixture: Mixture, player: Player) -> str:
    """Give the kind of a change, a name of GROUPS."""
    if player.kind != "study":
        return "settings"
    old, new = (mixture.signature(player.key, mixture.combo(side, side, side)) for side in (0, 1))
    if old == new:
        return "noted"
    return "changed" if old and new else "added" if new else "removed"


def _share(one: Group, shares: Shares, place: int, names: list[str]) -> RatingShare:
    """Give what one change, or one group of them, did."""
    values = shares.values[place].tolist()
    return RatingShare(
        key=one.key,
        kind=one.kind,
        label=one.label,
        levels=values[0],
        levels_se=float(shares.standard_errors[place, 0]),
        domains=dict(zip(names, values[1:], strict=True)),
    )


class _Unrated(ValueError):
    """A mixture of the snapshots that cannot be rated."""


def _numbers(result: Mapping[str, Any], names: list[str]) -> FloatArray:
    """Give the levels of a proposal: in all, and of each domain."""
    total, levels = total_of(result), levels_of(result)
    if total is None:
        raise _Unrated
    return np.array([total, *(levels.get(name, 0) for name in names)], dtype=np.float64)


def _game(
    mixture: Mixture, groups: tuple[Group, ...], rate: Rate, names: list[str]
) -> Callable[[BoolArray], FloatArray]:
    """Give the function that rates coalitions of groups of changes."""

    def value_many(coalitions: BoolArray) -> FloatArray:
        return np.array([value(frozenset(np.flatnonzero(row).tolist())) for row in coalitions])

    def value(places: frozenset[int]) -> FloatArray:
        chosen = {player.key: player.kind for place in places for player in groups[place].players}
        studies = frozenset(key for key, kind in chosen.items() if kind == "study")
        definitions, rules, model, steps = (
            int(name in chosen.values()) for name in ("definitions", "rules", "model", "steps")
        )
        content = mixture.content(studies, definitions=definitions, rules=rules)
        chosen_rules = mixture.sides[rules].rules.model_dump(mode="json")
        params = dict(mixture.sides[steps].params)
        params["pooling"] = mixture.sides[model].params["pooling"]
        found = rate(content, chosen_rules, params)
        if found is None:
            raise _Unrated
        return _numbers(found, names)

    return value_many
