"""The net heat matrix: which designs drive which estimates, and where the network is inconsistent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.engine.arrays import FloatArray, freeze, require_option
from analysis.engine.errors import UndefinedResult
from analysis.engine.network.design_estimates import (
    Contrasts,
    DesignEstimate,
    estimate_designs,
    read_reference,
    stack,
    tau2_within,
)
from analysis.engine.network.evidence import Evidence
from analysis.engine.network.fit import NETWORK_MODELS

# Designs that add less than this to Q between designs are no part of a loop (the root of double precision).
NO_PART = 2.0**-26


@dataclass(frozen=True, slots=True, eq=False)
class NetHeat:
    """The net heat matrix of r contrasts of designs.

    Attributes
    ----------
    names : r names, "A:B", followed by all treatments of the design for contrasts of multi-arm designs
    heat : array of shape (r, r)  by how much the inconsistency of the row's contrast falls when the effects of the
        column's design are set free; the diagonal is the contrast's whole inconsistency
    share : array of shape (r, r)  what the column's direct estimate adds to the network estimate of the row's contrast
    """

    names: tuple[str, ...]
    heat: FloatArray
    share: FloatArray


def net_heat(evidence: Evidence, *, model: str = "common_effect", reference: str | None = None) -> NetHeat:
    """Return the net heat matrix, contrasts that behave alike beside each other.

    Parameters
    ----------
    model : {"common_effect", "random_effects"}  the latter with the variance within designs
    reference : the treatment that contrasts of multi-arm designs are taken with; else the design's first one

    Raises
    ------
    UndefinedResult
        The network has no two loops, fewer than two contrasts are part of one, or tau2 within designs is undefined.

    References
    ----------
    Krahn, Binder and Koenig (2013), doi:10.1186/1471-2288-13-35.
    """
    require_option("model", model, NETWORK_MODELS)
    base, tau2 = read_reference(evidence, reference), 0.0
    if model == "random_effects":
        found = tau2_within(estimate_designs(evidence, tau2=0.0))
        if found is None:
            raise _undefined("no design has two studies, so that the variance within designs is unknown")
        tau2 = found
    contrasts = stack(estimate_designs(evidence, tau2=tau2, reference=base), n=evidence.n)
    if contrasts.owner.size - (evidence.n - 1) < 2:
        raise _undefined("setting one design free leaves no loop of treatments")
    return _arrange(evidence, contrasts)


def _undefined(why: str) -> UndefinedResult:
    return UndefinedResult(what="the net heat matrix", why=why)


def _arrange(evidence: Evidence, contrasts: Contrasts) -> NetHeat:
    """Return the matrix of the contrasts that are part of a loop."""
    levels = contrasts.levels()
    if levels is None:  # a network that was read is connected
        raise _undefined("the designs do not join all treatments")
    whole = contrasts.misfit(levels)
    heat = np.full((whole.size, whole.size), np.nan)
    for number in range(len(contrasts.designs)):
        levels = contrasts.levels(without=number)
        if levels is not None:
            left = contrasts.misfit(levels, without=number)
            heat[:, contrasts.owner == number] = (whole - left)[:, np.newaxis]
    kept = np.flatnonzero((np.abs(whole) > NO_PART) & np.isfinite(heat).all(axis=0))
    if kept.size < 2:
        raise _undefined("fewer than two designs are part of a loop")
    kept = kept[_order(heat[np.ix_(kept, kept)])]
    names = _names(evidence, contrasts.designs)
    return NetHeat(
        names=tuple(names[row] for row in kept),
        heat=freeze(heat[np.ix_(kept, kept)]),
        share=freeze(contrasts.gain()[np.ix_(kept, kept)]),
    )


def _order(heat: FloatArray) -> list[int]:
    """Return the contrasts in the order of a complete-linkage tree of the distances of their rows and columns."""
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import pdist

    return [
        int(place) for place in leaves_list(linkage(pdist(heat, "cityblock") + pdist(heat.T, "cityblock"), "complete"))
    ]


def _names(evidence: Evidence, designs: tuple[DesignEstimate, ...]) -> list[str]:
    """Return the names of all contrasts of designs."""
    names = []
    for design in designs:
        treatments = [evidence.treatments[member] for member in design.members]
        mark = f" ({', '.join(treatments)})" if len(treatments) > 2 else ""
        names += [f"{evidence.treatments[other]}:{evidence.treatments[design.base]}{mark}" for other in design.others]
    return names
