"""Estimates of each design of a network from its own studies: a design is a set of treatments compared in one study."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.engine.arrays import FloatArray
from analysis.engine.network.errors import UnknownTreatment
from analysis.engine.network.evidence import Evidence, StudyArms, pseudo_inverse, shared


@dataclass(frozen=True, slots=True, eq=False)
class DesignEstimate:
    """The studies of one design, pooled alone.

    Attributes
    ----------
    members : positions of its treatments
    base : the treatment that the others are compared with
    others : the other treatments
    k : number of studies
    estimate, covariance : of the others minus the base, shapes (a - 1,) and (a - 1, a - 1)
    q, q_df : heterogeneity of its studies
    trace : by how much the mean of q rises with tau2
    """

    members: tuple[int, ...]
    base: int
    others: tuple[int, ...]
    k: int
    estimate: FloatArray
    covariance: FloatArray
    q: float
    q_df: int
    trace: float

    def rows(self, n: int) -> FloatArray:
        """Return the contrasts as rows over the n treatments, shape (a - 1, n)."""
        table = np.zeros((len(self.others), n))
        table[:, self.base] = -1.0
        table[np.arange(len(self.others)), list(self.others)] = 1.0
        return table


@dataclass(frozen=True, slots=True, eq=False)
class Contrasts:
    """The estimates of all designs, one below the other, r contrasts.

    Attributes
    ----------
    designs : the designs
    owner : array of shape (r,)  the design of each contrast
    rows : array of shape (r, n)  contrasts over the treatments
    estimate : array of shape (r,)
    inverse : array of shape (r, r)  inverse of the covariance matrix, a block for each design
    root : array of shape (r, r)  root of the inverse: root'root is the inverse
    """

    designs: tuple[DesignEstimate, ...]
    owner: NDArray[np.intp]
    rows: FloatArray
    estimate: FloatArray
    inverse: FloatArray
    root: FloatArray

    def levels(self, *, without: int | None = None) -> FloatArray | None:
        """Return the treatments around their mean in the consistent network, shape (n,), all or but one design.

        None where the designs that are left do not join all treatments.
        """
        kept = [design.members for number, design in enumerate(self.designs) if number != without]
        if not _joins(kept, n=self.rows.shape[1]):
            return None
        used = self.owner != (-1 if without is None else without)
        scaled = (self.root @ self.rows)[used]
        levels: FloatArray = pseudo_inverse(scaled.T @ scaled) @ (scaled.T @ (self.root @ self.estimate)[used])
        return levels

    def gain(self) -> FloatArray:
        """Return what each contrast adds to the network estimate of each, shape (r, r)."""
        pull = self.rows.T @ self.inverse
        gain: FloatArray = self.rows @ pseudo_inverse(pull @ self.rows) @ pull
        return gain

    def misfit(self, levels: FloatArray, *, without: int | None = None) -> FloatArray:
        """Return what each contrast adds to Q when the treatments have these levels; 0 for a design left out."""
        rest = self.estimate - self.rows @ levels
        rest[self.owner == (-1 if without is None else without)] = 0.0
        parts: FloatArray = (self.inverse @ rest) * rest
        return parts


def read_reference(evidence: Evidence, reference: str | None) -> int | None:
    """Return the position of the reference treatment.

    Raises
    ------
    UnknownTreatment
        The network does not have it.
    """
    if reference is None:
        return None
    if reference not in evidence.treatments:
        raise UnknownTreatment(argument="reference", treatment=reference, treatments=evidence.treatments)
    return evidence.treatments.index(reference)


def designs_of(evidence: Evidence) -> tuple[tuple[int, ...], ...]:
    """Return the designs, those of two treatments first, each group in the order of treatments."""
    return tuple(sorted({arms.members for arms in evidence.studies}, key=lambda members: (len(members) > 2, members)))


def tau2_within(designs: tuple[DesignEstimate, ...]) -> float | None:
    """Return the variance between studies of one design, from estimates at tau2 = 0.

    The generalised method of moments in the full design-by-treatment interaction model, truncated at 0; None where no
    design has two studies.

    References
    ----------
    Jackson, White and Riley (2012), doi:10.1002/sim.5453.
    """
    df = sum(design.q_df for design in designs)
    if not df:
        return None
    return max(0.0, (sum(design.q for design in designs) - df) / sum(design.trace for design in designs))


def estimate_designs(evidence: Evidence, *, tau2: float, reference: int | None = None) -> tuple[DesignEstimate, ...]:
    """Return the estimate of each design; its base is `reference` where it has it, else its first treatment."""
    return tuple(
        _estimate([arms for arms in evidence.studies if arms.members == members], tau2=tau2, reference=reference)
        for members in designs_of(evidence)
    )


def _estimate(studies: list[StudyArms], *, tau2: float, reference: int | None) -> DesignEstimate:
    """Return the generalised least squares estimate of studies of one design."""
    members = studies[0].members
    base = members.index(reference) if reference in members else 0
    read = [arms.contrasts(base, tau2=tau2) for arms in studies]
    inverses = [np.linalg.inv(covariance) for _, covariance in read]
    covariance = np.linalg.inv(sum(inverses, np.zeros_like(inverses[0])))
    pull = [inverse @ effects for inverse, (effects, _) in zip(inverses, read, strict=True)]
    estimate = covariance @ sum(pull, np.zeros(len(members) - 1))
    residuals, spread = [effects - estimate for effects, _ in read], shared(len(members) - 1)
    q = sum(float(rest @ inverse @ rest) for rest, inverse in zip(residuals, inverses, strict=True))
    return DesignEstimate(
        members=members,
        base=members[base],
        others=tuple(member for member in members if member != members[base]),
        k=len(studies),
        estimate=estimate,
        covariance=covariance,
        q=q if len(studies) > 1 else 0.0,
        q_df=(len(studies) - 1) * (len(members) - 1),
        trace=sum(float(np.trace((inverse - inverse @ covariance @ inverse) @ spread)) for inverse in inverses),
    )


def stack(designs: tuple[DesignEstimate, ...], *, n: int) -> Contrasts:
    """Return the estimates of designs one below the other."""
    sizes = [len(design.others) for design in designs]
    ends = np.cumsum([0, *sizes])
    inverse, root = np.zeros((ends[-1], ends[-1])), np.zeros((ends[-1], ends[-1]))
    for design, start, end in zip(designs, ends[:-1], ends[1:], strict=True):
        root[start:end, start:end] = np.linalg.inv(np.linalg.cholesky(design.covariance))
        inverse[start:end, start:end] = root[start:end, start:end].T @ root[start:end, start:end]
    return Contrasts(
        designs=designs,
        owner=np.repeat(np.arange(len(designs)), sizes),
        rows=np.vstack([design.rows(n) for design in designs]),
        estimate=np.concatenate([design.estimate for design in designs]),
        inverse=inverse,
        root=root,
    )


def _joins(designs: list[tuple[int, ...]], *, n: int) -> bool:
    """Return whether chains of designs join all n treatments."""
    reached, waiting = set(designs[0]) if designs else set(), designs
    while any(reached.intersection(members) for members in waiting):
        joined = [members for members in waiting if reached.intersection(members)]
        waiting = [members for members in waiting if not reached.intersection(members)]
        reached.update(*joined)
    return len(reached) == n
