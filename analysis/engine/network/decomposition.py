"""Cochran's Q of a network taken apart: heterogeneity within designs, inconsistency between designs."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from analysis.engine.distributions import chi2_p_value
from analysis.engine.network.design_estimates import Contrasts, estimate_designs, stack, tau2_within
from analysis.engine.network.evidence import Evidence


@dataclass(frozen=True, slots=True)
class QTest:
    """A Q statistic with its chi-squared test; the p value is None without a degree of freedom."""

    q: float
    q_df: int
    q_p_value: float | None


@dataclass(frozen=True, slots=True)
class DesignShare:
    """One design in the decomposition.

    Attributes
    ----------
    treatments : its treatments
    k : number of studies
    within : heterogeneity of its studies
    inconsistency : its part of the Q between designs
    detached : Q between designs when its effects are free; None where the rest does not join all treatments
    """

    treatments: tuple[str, ...]
    k: int
    within: QTest
    inconsistency: float
    detached: QTest | None


@dataclass(frozen=True, slots=True)
class Decomposition:
    """The Q statistics of a network.

    Attributes
    ----------
    total, within, between : of the whole network, within and between designs, by the common-effect model
    designs : the designs, two-arm ones first
    between_random : Q between designs by the random-effects model with tau2_within; None where that is undefined
    tau2_within, tau_within : variance between studies of one design, by the generalised method of moments in the full
        design-by-treatment interaction model; None where no design has two studies
    """

    total: QTest
    within: QTest
    between: QTest
    designs: tuple[DesignShare, ...]
    between_random: QTest | None
    tau2_within: float | None
    tau_within: float | None


def decompose_designs(evidence: Evidence) -> Decomposition:
    """Return Q of the network within and between designs.

    References
    ----------
    Krahn, Binder and Koenig (2013), doi:10.1186/1471-2288-13-35; Higgins et al. (2012), doi:10.1002/jrsm.1044; Jackson,
    White and Riley (2012), doi:10.1002/sim.5453.
    """
    contrasts = stack(estimate_designs(evidence, tau2=0.0), n=evidence.n)
    df_between = contrasts.owner.size - (evidence.n - 1)
    within = _test(sum(design.q for design in contrasts.designs), sum(design.q_df for design in contrasts.designs))
    between = _test(_q_between(contrasts) or 0.0, df_between)
    tau2 = tau2_within(contrasts.designs)
    between_random = None
    if tau2 is not None:
        q = _q_between(stack(estimate_designs(evidence, tau2=tau2), n=evidence.n))
        between_random = _test(q or 0.0, df_between)
    return Decomposition(
        total=_test(within.q + between.q, within.q_df + df_between),
        within=within,
        between=between,
        designs=_shares(evidence, contrasts, df_between=df_between),
        between_random=between_random,
        tau2_within=tau2,
        tau_within=None if tau2 is None else sqrt(tau2),
    )


def _q_between(contrasts: Contrasts, *, without: int | None = None) -> float | None:
    """Return Q of the estimates of designs around a consistent network; None where they do not join all treatments."""
    levels = contrasts.levels(without=without)
    return None if levels is None else float(contrasts.misfit(levels, without=without).sum())


def _shares(evidence: Evidence, contrasts: Contrasts, *, df_between: int) -> tuple[DesignShare, ...]:
    """Return each design's part."""
    levels = contrasts.levels()
    misfit = None if levels is None else contrasts.misfit(levels)
    shares = []
    for number, design in enumerate(contrasts.designs):
        q = _q_between(contrasts, without=number)
        shares.append(
            DesignShare(
                treatments=tuple(evidence.treatments[member] for member in design.members),
                k=design.k,
                within=_test(design.q, design.q_df),
                inconsistency=0.0 if misfit is None else float(misfit[contrasts.owner == number].sum()),
                detached=None if q is None else _test(q, df_between - len(design.others)),
            )
        )
    return tuple(shares)


def _test(q: float, df: int) -> QTest:
    """Return the statistic, 0 where nothing is left to vary, and its test."""
    return QTest(q=q if df else 0.0, q_df=df, q_p_value=chi2_p_value(q, df=df) if df else None)
