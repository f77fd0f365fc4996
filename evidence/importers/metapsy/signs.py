"""What a positive effect means in a database: its own rows with means and an effect show it, or nobody knows."""

from collections import Counter, defaultdict
from collections.abc import Mapping

from evidence.importers.metapsy.source import Source

# So many rows have to show it, and so large a share of them has to show the same.
ENOUGH, MOST = 3, 0.9
NOT_SHOWN = "What a positive effect means is not shown by rows with means; effects without means have no sign."
OTHER_WAY = "The effects of {} run the other way than those of the other instruments; ask whether higher is better."


def sign_of(source: Source) -> str:
    """Give the meaning of a positive g: "scale", "benefit" or "not_stated" (lower scores taken as better)."""
    shown: Counter[bool] = Counter()
    by_instrument: dict[str, Counter[bool]] = defaultdict(Counter)
    for row in source.database.comparisons:
        first, second, effect = (_value(source, row.cells, name) for name in ("mean_arm1", "mean_arm2", ".g"))
        if None in (first, second, effect) or not effect or first == second:
            continue
        same = (first - second > 0) == (effect > 0)  # type: ignore[operator]
        shown[same] += 1
        by_instrument[row.get("instrument")][same] += 1
    total = sum(shown.values())
    if total < ENOUGH or max(shown.values()) < MOST * total:
        source.building.note(NOT_SHOWN)
        return "not_stated"
    usual = shown[True] > shown[False]
    odd = [name for name, one in sorted(by_instrument.items()) if one[not usual] >= ENOUGH and not one[usual]]
    if odd:
        source.building.note(OTHER_WAY.format(", ".join(odd)))
    return "scale" if usual else "benefit"


def _value(source: Source, cells: Mapping[str, str], name: str) -> float | None:
    text = cells.get(name, "").replace("," if source.database.decimal == "," else "\0", ".")
    try:
        return float(text)
    except ValueError:
        return None
