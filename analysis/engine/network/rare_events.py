"""Networks of rare events: counts by arm, without the studies, arms and designs that say nothing of odds ratios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, freeze, read_array, require
from analysis.engine.errors import InvalidInput, TooFewStudies
from analysis.engine.network.arms import group_arms, read_counts
from analysis.engine.network.errors import DisconnectedNetwork, NothingLeft
from analysis.engine.network.evidence import parts_of

# Nobody had the event, or everybody had it.
NO_EVENTS, ALL_EVENTS = "no_events", "all_events"


@dataclass(frozen=True, slots=True, eq=False)
class EventDesign:
    """The studies of one set of treatments.

    Attributes
    ----------
    name : the treatments that these studies compare, in alphabetical order
    treatments : those of them that are left, a of them
    studies : names of the k studies
    events, totals : arrays of shape (k, a)  people with the event, and people; with the correction, where there is one
    is_corrected : whether the correction was added
    """

    name: tuple[str, ...]
    treatments: tuple[str, ...]
    studies: tuple[str, ...]
    events: FloatArray
    totals: FloatArray
    is_corrected: bool = False


@dataclass(frozen=True, slots=True)
class LeftOutStudy:
    """A study in which nobody had the event (`why` is "no_events"), or everybody ("all_events")."""

    study: str
    why: str


@dataclass(frozen=True, slots=True)
class LeftOutArm:
    """A treatment whose arms in the studies of a design have no event together, or nothing else."""

    design: tuple[str, ...]
    treatment: str
    studies: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class LeftOutDesign:
    """A design with one treatment left, or none, so that its studies compare nothing."""

    design: tuple[str, ...]
    studies: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class RareEvents:
    """The counts that a model of rare events reads, and what was left out.

    Attributes
    ----------
    designs : in alphabetical order
    left_out_studies, left_out_arms, left_out_designs : what says nothing
    lost : treatments that no design has any more
    correction : what is added to events and non-events of all arms of a design in which a treatment has no event, or
        nothing else; 0 where such arms are left out
    """

    designs: tuple[EventDesign, ...]
    left_out_studies: tuple[LeftOutStudy, ...]
    left_out_arms: tuple[LeftOutArm, ...]
    left_out_designs: tuple[LeftOutDesign, ...]
    lost: tuple[str, ...]
    correction: float

    @property
    def treatments(self) -> tuple[str, ...]:
        """Names of the treatments that are left, in alphabetical order."""
        return tuple(sorted({name for design in self.designs for name in design.treatments}))

    @property
    def k(self) -> int:
        """Number of studies."""
        return sum(len(design.studies) for design in self.designs)

    @property
    def m(self) -> int:
        """Number of comparisons of two arms of a study."""
        sizes = ((len(design.studies), len(design.treatments)) for design in self.designs)
        return sum(k * arms * (arms - 1) // 2 for k, arms in sizes)

    @property
    def n(self) -> int:
        """Number of treatments."""
        return len(self.treatments)

    @property
    def parts(self) -> tuple[tuple[str, ...], ...]:
        """Treatments that hang together, the largest part first."""
        pairs = [pair for design in self.designs for pair in combinations(design.treatments, 2)]
        return parts_of([first for first, _ in pairs], [second for _, second in pairs])

    def studies_with(self, treatment: str) -> int:
        """Return the number of studies of a treatment."""
        return sum(len(design.studies) for design in self.designs if treatment in design.treatments)

    def restrict(self, treatments: Sequence[str]) -> RareEvents:
        """Return the designs of some treatments only, a part of the network."""
        own = tuple(design for design in self.designs if set(design.treatments) <= set(treatments))
        return replace(self, designs=own)


def read_rare_events(
    events: ArrayLike,
    totals: ArrayLike,
    *,
    treatment: Sequence[str],
    study: Sequence[str],
    correction: float = 0.0,
) -> RareEvents:
    """Return what arms with events, one row for each arm, say about odds ratios.

    Studies without any event, or with nothing else, are left out. In each design a treatment without any event, or
    with nothing else, is left out, unless a correction is added to all cells of the design. Designs with one treatment
    left are left out.

    Parameters
    ----------
    events, totals : arrays of shape (arms,)  people with the event, and people
    treatment, study : names of the arms' treatments and studies
    correction : 0, or what is added to events and non-events of all arms of a design with such a treatment

    Raises
    ------
    TooFewStudies
        There is no arm.
    InvalidInput
        Counts that are no counts, a study with one arm, a treatment twice in one study, or something without a name.

    References
    ----------
    Efthimiou et al. (2019), doi:10.1002/sim.8158, stage I.
    """
    counts, sizes = read_counts(events, totals)
    added = read_array("correction", correction, dimensions=0)
    require("correction", added, added >= 0.0, rule="at least 0")
    _require_names(treatment=treatment, study=study)
    rows = group_arms(treatment=treatment, study=study, arms=counts.size)
    if not rows:
        raise TooFewStudies(needed=1, got=0)
    designs, left_out = _group(counts, sizes, rows, treatment)
    reduced = [_reduce(design, correction=float(added)) for design in designs]
    kept = tuple(design for design, _ in reduced if len(design.treatments) > 1)
    dropped = (design for design, _ in reduced if len(design.treatments) < 2)
    return RareEvents(
        designs=kept,
        left_out_studies=tuple(left_out),
        left_out_arms=tuple(arm for _, arms in reduced for arm in arms),
        left_out_designs=tuple(LeftOutDesign(design.name, design.studies) for design in dropped),
        lost=tuple(sorted(set(treatment) - {name for design in kept for name in design.treatments})),
        correction=float(added),
    )


def _require_names(**columns: Sequence[str]) -> None:
    """Refuse a treatment or a study without a name."""
    for argument, column in columns.items():
        if not all(isinstance(name, str) and name for name in column):
            raise InvalidInput(argument, f"{argument} must hold names")


def _group(
    events: FloatArray, totals: FloatArray, rows: dict[str, list[int]], treatment: Sequence[str]
) -> tuple[list[EventDesign], list[LeftOutStudy]]:
    """Return the studies by design, and those without both outcomes."""
    members: dict[tuple[str, ...], list[tuple[str, list[int]]]] = {}
    left_out = []
    for name, own in rows.items():
        if not events[own].any() or np.array_equal(events[own], totals[own]):
            left_out.append(LeftOutStudy(name, ALL_EVENTS if events[own].any() else NO_EVENTS))
            continue
        order = sorted(own, key=lambda row: treatment[row])
        members.setdefault(tuple(treatment[row] for row in order), []).append((name, order))
    designs = []
    for key, found in sorted(members.items()):
        places = np.array([order for _, order in found])
        names = tuple(name for name, _ in found)
        designs.append(EventDesign(key, key, names, freeze(events[places]), freeze(totals[places])))
    return designs, left_out


def _reduce(design: EventDesign, *, correction: float) -> tuple[EventDesign, list[LeftOutArm]]:
    """Return the design without treatments that have one outcome only, or with the correction in all its cells."""
    none = design.events.sum(axis=0) == 0.0
    everybody = (design.totals - design.events).sum(axis=0) == 0.0
    alone = none | everybody
    if not alone.any():
        return design, []
    if correction:
        more, people = freeze(design.events + correction), freeze(design.totals + 2.0 * correction)
        return replace(design, events=more, totals=people, is_corrected=True), []
    out = [
        LeftOutArm(design.name, design.treatments[place], design.studies, NO_EVENTS if none[place] else ALL_EVENTS)
        for place in np.flatnonzero(alone)
    ]
    kept = np.flatnonzero(~alone)
    treatments = tuple(design.treatments[place] for place in kept)
    events, totals = freeze(design.events[:, kept]), freeze(design.totals[:, kept])
    return replace(design, treatments=treatments, events=events, totals=totals), out


def require_network(data: RareEvents) -> None:
    """Refuse counts of which nothing is left, or that fall into parts.

    Raises
    ------
    NothingLeft, DisconnectedNetwork
    """
    if not data.designs:
        raise NothingLeft(studies=len(data.left_out_studies), designs=len(data.left_out_designs))
    if len(data.parts) > 1:
        raise DisconnectedNetwork(parts=data.parts)
