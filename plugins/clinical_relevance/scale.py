"""The scale into which a standardised effect is put back: which instrument, and how far people differ on it."""

from collections import Counter
from dataclasses import dataclass

from analysis import engine
from analysis.contract import Dataset, Effect
from plugins.clinical_relevance.params import Params

SD_FROM_STUDIES = (
    "The standard deviation, {sd:.4g} points, is pooled from the final scores of {groups} in {k} of {total} studies."
)
NO_SD = (
    "No study gives the standard deviation of final scores{scale}, so that the effect cannot be put into its points "
    "and no responders can be counted; the parameter “sd” takes one with its source."
)
SD_OF_CHANGE = "{k} studies give the standard deviation of a change only, which is not that of scores; it is not used."
TOO_WIDE = (
    "The standard deviation of {sd:.4g} points is too large for the range of {name}, which no set of scores can "
    "have: the range, or the numbers of the studies, are wrong."
)
NO_SOURCE = "The standard deviation was entered without a source."
UNKNOWN_INSTRUMENT = "The outcome has no instrument “{code}”; it has {known}."
GROUPS = {"comparator": "the comparator groups", "both": "both groups"}

# Half of the people at each end (Popoviciu's inequality), with the n / (n - 1) of two people.
WIDEST_SHARE = 0.5 * 2.0**0.5
MEAN_COLUMNS = ("sd2i", "n2i")
BOTH_COLUMNS = ("sd1i", "n1i", "sd2i", "n2i")


@dataclass(frozen=True, slots=True)
class ScaleUsed:
    """The scale: its name, its direction and width where known, and the standard deviation of people on it."""

    instrument: str
    name: str
    unit: str
    direction: str
    width: float | None
    sd: float | None
    sd_source: str
    sd_k: int
    comparator_mean: float | None
    messages: tuple[str, ...]


def find_scale(dataset: Dataset, params: Params) -> ScaleUsed:
    """Give the outcome's common scale for mean differences, the chosen instrument for standardised ones."""
    effects, said = dataset.effects, []
    code, name, direction = "", dataset.outcome.name, str(dataset.outcome.direction)
    ends = (dataset.outcome.scale_min, dataset.outcome.scale_max)
    if dataset.measure == "SMD":
        known = {row.code: row for row in dataset.outcome.instruments}
        code = params.instrument or most_used(dataset)
        effects = tuple(effect for effect in effects if effect.facts.get("instrument") == code)
        if code in known:
            name, direction = known[code].name, known[code].direction
            ends = (known[code].scale_min, known[code].scale_max)
        elif params.instrument:
            listed = ", ".join(sorted(known)) or "none"
            said.append(UNKNOWN_INSTRUMENT.format(code=code, known=listed))
    scores = [effect for effect in effects if effect.facts.get("value_kind") != "change" and _has(effect, params)]
    changes = [effect for effect in effects if effect.facts.get("value_kind") == "change" and _has(effect, params)]
    sd, source, sd_k = _spread(scores, params)
    said += _about_sd(dataset, params, sd=sd, k=sd_k, changes=len(changes), name=name if code else "")
    width = None if ends[0] is None or ends[1] is None else ends[1] - ends[0]
    if sd is not None and width is not None and sd > width * WIDEST_SHARE:
        said.append(TOO_WIDE.format(sd=sd, name=name))
    return ScaleUsed(
        instrument=code,
        name=name,
        unit=dataset.outcome.unit if not code else "points",
        direction=direction,
        width=width,
        sd=sd,
        sd_source=source,
        sd_k=sd_k,
        comparator_mean=_comparator_mean(scores),
        messages=tuple(said),
    )


def most_used(dataset: Dataset) -> str:
    """Give the instrument of most effects, the first by the alphabet among equals; "" where none is known."""
    counts = Counter(str(code) for effect in dataset.effects if (code := effect.facts.get("instrument")))
    return min(counts, key=lambda code: (-counts[code], code), default="")


def _has(effect: Effect, params: Params) -> bool:
    """Whether an effect gives the standard deviations that are pooled, of more than one person."""
    names = MEAN_COLUMNS if params.sd_groups == "comparator" else BOTH_COLUMNS
    if any(name not in effect.columns for name in names):
        return False
    return all(effect.columns[name] > (1.0 if name.startswith("n") else 0.0) for name in names)


def _spread(scores: list[Effect], params: Params) -> tuple[float | None, str, int]:
    """Give the standard deviation, where it is from, and from how many effects."""
    if params.sd is not None:
        return params.sd, params.sd_source or "parameter", 0
    if not scores:
        return None, "", 0
    sides = ("2",) if params.sd_groups == "comparator" else ("1", "2")
    sd = [effect.columns[f"sd{side}i"] for effect in scores for side in sides]
    n = [effect.columns[f"n{side}i"] for effect in scores for side in sides]
    return engine.pooled_sd(sd=sd, n=n), f"studies, {params.sd_groups}", len(scores)


def _comparator_mean(scores: list[Effect]) -> float | None:
    """Give the mean final score of all comparator groups, weighted by their sizes."""
    known = [effect.columns for effect in scores if {"m2i", "n2i"} <= set(effect.columns)]
    people = sum(columns["n2i"] for columns in known)
    return sum(columns["m2i"] * columns["n2i"] for columns in known) / people if people else None


def _about_sd(dataset: Dataset, params: Params, *, sd: float | None, k: int, changes: int, name: str) -> list[str]:
    """Give where the standard deviation is from, or that there is none."""
    if params.sd is not None:
        return [] if params.sd_source else [NO_SOURCE]
    left_out = [SD_OF_CHANGE.format(k=changes)] if changes else []
    if sd is None:
        return [NO_SD.format(scale=f" on {name}" if name else ""), *left_out]
    said = SD_FROM_STUDIES.format(sd=sd, groups=GROUPS[params.sd_groups], k=k, total=dataset.k)
    return [said, *left_out]
