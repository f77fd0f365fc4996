"""Which studies make the network: those whose comparisons hold together, in the part that is analysed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.contract import Comparison, Dataset
from analysis.engine import EngineError
from analysis.engine.network import Evidence, parts_of, read_comparisons
from plugins.network.params import Params
from plugins.network.result import LeftOut, Part

NOTHING = "No study compares two treatments by results that can be pooled, so that there is no network."
LEFT_OUT = "{labels}: not in the network, since its comparisons cannot stand together (see the studies left out)."
DISCONNECTED = (
    "The network falls into {count} parts that no study joins: {parts}. Treatments of different parts cannot be "
    "compared; the results are those of the part with {reference}."
)
NOT_READ = "The comparisons could not be joined in one network: {error}."
UNKNOWN_REFERENCE = "No study has the treatment “{name}”; “{reference}” is the reference instead."


@dataclass(frozen=True, slots=True)
class Read:
    """The network, or None without one; the comparisons that it has, in its order, and what was left out."""

    evidence: Evidence | None
    comparisons: tuple[Comparison, ...]
    reference: str
    parts: tuple[Part, ...]
    left_out: tuple[LeftOut, ...]
    messages: tuple[str, ...]


def read_network(dataset: Dataset, params: Params) -> Read:
    """Give the network of the comparisons of a dataset, its largest part where the reference names no other."""
    sound, left_out = _sound(dataset, params)
    said = [LEFT_OUT.format(labels=", ".join(study.label for study in left_out))] if left_out else []
    if not sound:
        return Read(None, (), "", (), left_out, (*said, NOTHING))
    chosen = choose_part(
        parts_of([one.treatment_1 for one in sound], [one.treatment_2 for one in sound]),
        reference=params.reference,
        counts=_studies_with(sound),
        studies=lambda part: len({one.study for one in sound if one.treatment_1 in part}),
    )
    reference, table = chosen.reference, chosen.parts
    said += chosen.messages
    kept = tuple(one for one in sound if one.treatment_1 in chosen.treatments)
    try:
        evidence = _read(kept, params, names=[one.study for one in kept])
    except EngineError as error:
        return Read(None, (), reference, table, left_out, (*said, NOT_READ.format(error=error)))
    return Read(evidence, kept, reference, table, left_out, tuple(said))


@dataclass(frozen=True, slots=True)
class Chosen:
    """The treatments that are analysed, their reference, all parts of the network, and what to say about them."""

    treatments: tuple[str, ...]
    reference: str
    parts: tuple[Part, ...]
    messages: tuple[str, ...]


def choose_part(
    parts: tuple[tuple[str, ...], ...],
    *,
    reference: str,
    counts: dict[str, int],
    studies: Callable[[tuple[str, ...]], int],
) -> Chosen:
    """Give the part of the reference, the largest where the reference names no treatment of the network.

    Parameters
    ----------
    parts : treatments that hang together, largest part first
    reference : name of a treatment, or ""
    counts : number of studies of each treatment
    studies : gives the number of studies of a part
    """
    said = []
    found = reference if reference in counts else _most_compared(parts[0], counts)
    if reference and found != reference:
        said.append(UNKNOWN_REFERENCE.format(name=reference, reference=found))
    own = next(part for part in parts if found in part)
    if len(parts) > 1:
        listed = "; ".join(", ".join(part) for part in parts)
        said.append(DISCONNECTED.format(count=len(parts), parts=listed, reference=found))
    table = tuple(
        Part(
            name=f"part-{number}",
            label=", ".join(part),
            treatments=part,
            k=studies(part),
            is_analysed=part is own,
        )
        for number, part in enumerate(parts, start=1)
    )
    return Chosen(own, found, table, tuple(said))


def _sound(dataset: Dataset, params: Params) -> tuple[tuple[Comparison, ...], tuple[LeftOut, ...]]:
    """Give the comparisons of studies that hold together, and the studies that do not."""
    sound: list[Comparison] = []
    left_out = []
    for study in dict.fromkeys(one.study for one in dataset.comparisons):
        own = [one for one in dataset.comparisons if one.study == study]
        try:
            _read(own, params, names=[one.label for one in own])
        except EngineError as error:
            left_out.append(LeftOut(name=study, label=own[0].label, reason=f"{error}."))
        else:
            sound += own
    return tuple(sound), tuple(left_out)


def _read(comparisons: Sequence[Comparison], params: Params, *, names: list[str]) -> Evidence:
    """Give comparisons as the engine reads them."""
    return read_comparisons(
        np.array([one.yi for one in comparisons]),
        np.array([one.vi for one in comparisons]),
        treatment_1=[one.treatment_1 for one in comparisons],
        treatment_2=[one.treatment_2 for one in comparisons],
        study=names,
        tolerance=params.multi_arm_tolerance,
    )


def _studies_with(comparisons: Sequence[Comparison]) -> dict[str, int]:
    """Give the number of studies of each treatment."""
    pairs = {(one.study, name) for one in comparisons for name in (one.treatment_1, one.treatment_2)}
    counts: dict[str, int] = {}
    for _, name in sorted(pairs):
        counts[name] = counts.get(name, 0) + 1
    return counts


def _most_compared(part: tuple[str, ...], counts: dict[str, int]) -> str:
    """Give the treatment that most studies have, the first by the alphabet among equals."""
    return min(part, key=lambda name: (-counts[name], name))
