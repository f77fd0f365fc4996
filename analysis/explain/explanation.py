"""The explained difference between two snapshots."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from analysis.explain.conclusions import changed_classes
from analysis.explain.differences import Edit
from analysis.explain.mixture import Mixture, NotComparable, Player, Side
from analysis.explain.pooled import PooledGame, PoolOne, numbers_of
from analysis.explain.rating import SOFTWARE, Rate, explain_rating
from analysis.explain.records import QUANTITIES, Contribution, Explanation, Movement
from analysis.explain.shapley import EXACT_UP_TO, PAIRS, SEED, FloatArray, Shares, share_out
from analysis.explain.standing import AuthorOf, compare_settings, compare_studies, conclude
from analysis.explain.words import write_paragraph

# A share below this, relative to the number, is what is left of sums that cancel: none.
NOTHING = 1e-13
# What computing again differs by on another machine; more than this, relative to the number, has a cause.
ROUNDING = 1e-11
NO_POOLING = "The analysis does not pool in both snapshots, so that there is no movement to share out."
OTHER_SCALE = (
    "The two snapshots do not have the same effect measure or outcome: their numbers are on different scales, and a "
    "difference between them means little."
)
FILLED = (
    "In {filled} of {coalitions} mixtures of the two snapshots a number is undefined, as nothing or a single study "
    "would be pooled; there the midpoint of both snapshots is taken."
)
SAMPLED = (
    "With {n} changes that move the estimate not all orders can be counted: shares are means over {orders} random "
    "orders, and the standard errors say how exact they are."
)
UNDEFINED = "{quantity} is undefined in one of the snapshots, so that its movement cannot be shared out."
QUANTITY_NAMES = {
    "estimate": "The estimate",
    "ci_lower": "The lower end of the confidence interval",
    "ci_upper": "The upper end of the confidence interval",
    "tau2": "The variance between studies",
}


def explain(
    before: Side,
    after: Side,
    *,
    edits: Iterable[Edit] = (),
    authors: AuthorOf | None = None,
    pool_one: PoolOne | None = None,
    rate: Rate | None = None,
    rate_each: bool = False,
    exact_up_to: int = EXACT_UP_TO,
    pairs: int = PAIRS,
    seed: int = SEED,
) -> Explanation:
    """Give what differs between two snapshots of an analysis, and the share of each change in the movement.

    Parameters
    ----------
    before, after : the snapshots; `before` is the earlier one
    edits, authors : entries of the history of the evidence; who changed definitions, rules and parameters
    pool_one, rate : pools a dataset, for models of counts; rates a freeze by GRADE, else domains are only compared
    rate_each : whether each of many changes has its own share in the rating, which takes long
    exact_up_to, pairs, seed : as in `share_out`
    """
    mixture, refusal = _mix(before, after)
    players = mixture.players if mixture else ()
    groups = (mixture.families[one.key] for one in players if mixture and one.kind == "study")
    studies, unread = compare_studies(before, after, edits, relevant=frozenset(chain.from_iterable(groups)))
    settings = tuple(compare_settings(before, after, authors or {}))
    shared = _share(mixture, before, after, pool_one, exact_up_to=exact_up_to, pairs=pairs, seed=seed)
    has_software = any(row.kind in ("plugin", "library") for row in settings)
    grades = [side.results.get("grade", {}) for side in (before, after)]
    explanation = Explanation(
        before=before.facts,
        after=after.facts,
        **_scale(after),
        studies=studies,
        settings=settings,
        unread_studies=unread,
        movements=_movements(before, after),
        contributions=_contributions(players, shared, before, after, has_software=has_software) if shared else (),
        is_exact=shared is None or shared.shares.is_exact,
        coalitions=shared.shares.evaluated if shared else 0,
        filled=shared.shares.filled if shared else 0,
        rating=explain_rating(*grades, mixture=mixture, rate=rate, each=rate_each),
        **_conclusions(before, after),
        messages=(*refusal, *_messages(before, after, mixture, shared, pairs=pairs)),
    )
    paragraph = write_paragraph(explanation, before.results.get("pooling", {}), after.results.get("pooling", {}))
    return explanation.model_copy(update={"paragraph": paragraph})


@dataclass(frozen=True, slots=True)
class _Shared:
    """What was shared out, among whom."""

    players: tuple[Player, ...]
    shares: Shares


def _mix(before: Side, after: Side) -> tuple[Mixture | None, tuple[str, ...]]:
    """Give what lies between the snapshots, or the sentence why nothing does."""
    try:
        return Mixture(before, after), ()
    except NotComparable as error:
        return None, (str(error),)


def _share(
    mixture: Mixture | None, before: Side, after: Side, pool_one: PoolOne | None, **options: int
) -> _Shared | None:
    """Give the shares; None where there is no movement of a pooled result to share out."""
    if mixture is None or not all("pooling" in side.results for side in (before, after)):
        return None
    game = PooledGame(mixture, pool_one=pool_one)
    return _Shared(game.players, share_out(game.value_many, len(game.players), **options))


def _scale(side: Side) -> dict[str, Any]:
    """Give what the numbers are of."""
    dataset = side.dataset
    unit = dataset.outcome.unit if dataset.measure == "MD" else ""
    return {"measure": dataset.measure, "is_ratio": dataset.is_ratio, "unit": unit}


def _conclusions(before: Side, after: Side) -> dict[str, Any]:
    """Give the classes of both snapshots, and those that differ."""
    old, new = conclude(before), conclude(after)
    return {"conclusion_before": old, "conclusion_after": new, "changed_classes": changed_classes(old, new)}


def _movements(before: Side, after: Side) -> tuple[Movement, ...]:
    """Give the numbers as they are stored with both snapshots."""
    rows = []
    for name in QUANTITIES:
        old, new = (side.results.get("pooling", {}).get(name) for side in (before, after))
        change = None if old is None or new is None else new - old
        rows.append(Movement(quantity=name, before=old, after=new, change=change))
    return tuple(rows)


def _contributions(
    players: tuple[Player, ...], shared: _Shared, before: Side, after: Side, *, has_software: bool
) -> tuple[Contribution, ...]:
    """Give what each change moved; what computing again does not give is the share of the software."""
    shares = shared.shares
    old, new = (np.array(numbers_of(side.results["pooling"])) for side in (before, after))
    size = np.maximum(np.maximum(np.abs(old), np.abs(new)), 1.0)
    moved = np.where(np.abs(shares.values) < NOTHING * size, 0.0, shares.values)
    place = {player.key: number for number, player in enumerate(shared.players)}
    none = np.where(np.isnan(shares.end - shares.start), np.nan, 0.0)
    rows = [
        _contribution(
            player,
            moved[place[player.key]] if player.key in place else none,
            shares.standard_errors[place[player.key]] if player.key in place else none,
        )
        for player in players
        if player.kind != "steps"
    ]
    rest = (new - shares.end) - (old - shares.start)
    is_rounding = np.abs(rest) <= ROUNDING * size
    if has_software or np.any(~is_rounding & ~np.isnan(rest)):
        rest = np.where(is_rounding, 0.0, rest)
        software = Player("software", "software", SOFTWARE, True)
        rows.append(_contribution(software, rest, np.where(np.isnan(rest), np.nan, 0.0)))
    return tuple(rows)


def _contribution(player: Player, values: FloatArray, errors: FloatArray) -> Contribution:
    """Give the row of one change, None where a number is undefined."""
    numbers = dict(zip(QUANTITIES, values.tolist(), strict=True))
    numbers |= {f"{name}_se": value for name, value in zip(QUANTITIES, errors.tolist(), strict=True)}
    return Contribution(
        key=player.key,
        kind=player.kind,
        label=player.label,
        **{name: None if np.isnan(value) else value for name, value in numbers.items()},
    )


def _messages(before: Side, after: Side, mixture: Mixture | None, shared: _Shared | None, *, pairs: int) -> list[str]:
    """Give what a reader has to know about the shares."""
    said = []
    old, new = before.dataset, after.dataset
    if (old.measure, old.outcome.code) != (new.measure, new.outcome.code):
        said.append(OTHER_SCALE)
    if shared is None:
        return [*said, NO_POOLING] if mixture else said
    shares = shared.shares
    if not shares.is_exact:
        said.append(SAMPLED.format(n=len(shared.players), orders=2 * pairs))
    if shares.filled:
        said.append(FILLED.format(filled=shares.filled, coalitions=shares.evaluated))
    said += [
        UNDEFINED.format(quantity=QUANTITY_NAMES[row.quantity])
        for row in _movements(before, after)
        if (row.before is None) != (row.after is None)
    ]
    return said
