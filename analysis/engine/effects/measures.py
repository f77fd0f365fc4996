"""The table of effect measures: what each needs, what it offers, and how its scale is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from analysis.engine.effects import (
    arms,
    change,
    correlations,
    mean_associations,
    means,
    proportions,
    rates,
    reliabilities,
    reported,
    risks,
    single_means,
    standardised,
    table_associations,
    tables,
    variability,
)
from analysis.engine.effects.columns import Alternatives
from analysis.engine.effects.result import Effects

# How a pooled value is turned back; see `back_transform`.
BACK_TRANSFORMATIONS = (
    "none",
    "exp",
    "logit",
    "arcsine",
    "freeman_tukey",
    "square",
    "freeman_tukey_rate",
    "fisher_z",
    "alpha_cube_root",
    "alpha_log",
)


@dataclass(frozen=True, slots=True)
class Measure:
    """One effect measure.

    Attributes
    ----------
    name, title : metafor's letters, and words
    columns : combinations of columns, each of which is enough
    options : names of the options, with the defaults of the function
    is_log_ratio : whether yi is the natural logarithm of a ratio of two groups or occasions
    back_transformation : one of BACK_TRANSFORMATIONS
    null_value : the value of yi that means no difference or no association; None for a description of one group
    compute : the function of columns and options
    """

    name: str
    title: str
    columns: Alternatives
    options: tuple[str, ...]
    is_log_ratio: bool
    back_transformation: str
    null_value: float | None
    compute: Callable[..., Effects]


def _ratio(
    name: str, title: str, columns: Alternatives, compute: Callable[..., Effects], *options: str
) -> tuple[str, Measure]:
    """Return the entry of a log ratio."""
    return name, Measure(name, title, columns, options, True, "exp", 0.0, compute)


def _difference(
    name: str, title: str, columns: Alternatives, compute: Callable[..., Effects], *options: str, back: str = "none"
) -> tuple[str, Measure]:
    """Return the entry of a difference or an association, which is 0 where there is none."""
    return name, Measure(name, title, columns, options, False, back, 0.0, compute)


def _single(
    name: str, title: str, columns: Alternatives, compute: Callable[..., Effects], *options: str, back: str = "none"
) -> tuple[str, Measure]:
    """Return the entry of a description of one group."""
    return name, Measure(name, title, columns, options, False, back, None, compute)


TWO_ARMS = (
    _difference("MD", "Mean difference", arms.MEANS, means.md, "vtype"),
    _difference(
        "SMD", "Standardised mean difference", standardised.SMD_COLUMNS, standardised.smd, "vtype", "correction"
    ),
    _difference(
        "SMDH",
        "Standardised mean difference, unequal variances",
        arms.MEANS,
        standardised.smdh,
        "vtype",
        "correction",
        "release",
    ),
    _difference(
        "SMD1",
        "Mean difference in standard deviations of group 2",
        standardised.SMD1_COLUMNS,
        standardised.smd1,
        "vtype",
        "correction",
    ),
    _difference(
        "SMD1H",
        "Mean difference in standard deviations of group 2, unequal variances",
        arms.MEANS,
        standardised.smd1h,
        "correction",
        "release",
    ),
    _ratio("ROM", "Log ratio of means", arms.MEANS, means.rom, "vtype", "correction"),
    _ratio("VR", "Log variability ratio", variability.VR_COLUMNS, variability.vr),
    _ratio("CVR", "Log coefficient of variation ratio", arms.MEANS, variability.cvr),
    _difference("RPB", "Point-biserial correlation", arms.MEANS, mean_associations.rpb, "vtype"),
    _difference("RBIS", "Biserial correlation", arms.MEANS, mean_associations.rbis),
    _ratio("D2ORN", "Log odds ratio from means, normal", arms.MEANS, mean_associations.d2orn),
    _ratio("D2ORL", "Log odds ratio from means, logistic", arms.MEANS, mean_associations.d2orl),
)
TWO_BY_TWO = (
    _ratio("RR", "Log risk ratio", tables.CELLS, risks.rr, *tables.CELL_OPTIONS),
    _ratio("OR", "Log odds ratio", tables.CELLS, risks.odds_ratio, *tables.CELL_OPTIONS),
    _ratio("PETO", "Log odds ratio, Peto's method", tables.CELLS, risks.peto, *tables.CELL_OPTIONS),
    _difference("RD", "Risk difference", tables.CELLS, risks.rd, *tables.CELL_OPTIONS, "vtype"),
    _difference("AS", "Arcsine difference", tables.CELLS, risks.arcsine_difference, *tables.CELL_OPTIONS),
    _difference("PHI", "Phi coefficient", tables.CELLS, table_associations.phi, *tables.CELL_OPTIONS, "vtype"),
    _difference("YUQ", "Yule's Q", tables.CELLS, table_associations.yuq, *tables.CELL_OPTIONS),
    _difference("YUY", "Yule's Y", tables.CELLS, table_associations.yuy, *tables.CELL_OPTIONS),
    _difference("RTET", "Tetrachoric correlation", tables.CELLS, table_associations.rtet, *tables.CELL_OPTIONS),
    _difference("PBIT", "Difference of probits", tables.CELLS, table_associations.pbit, *tables.CELL_OPTIONS),
    _difference(
        "OR2DN",
        "Standardised mean difference from odds, normal",
        tables.CELLS,
        table_associations.or2dn,
        *tables.CELL_OPTIONS,
    ),
    _difference(
        "OR2DL",
        "Standardised mean difference from odds, logistic",
        tables.CELLS,
        table_associations.or2dl,
        *tables.CELL_OPTIONS,
    ),
)
TIMES = (
    _ratio("IRR", "Log incidence rate ratio", rates.TWO_RATES, rates.irr, *rates.TWO_RATE_OPTIONS),
    _difference("IRD", "Incidence rate difference", rates.TWO_RATES, rates.ird, *rates.TWO_RATE_OPTIONS),
    _difference("IRSD", "Difference of square roots of rates", rates.TWO_RATES, rates.irsd, *rates.TWO_RATE_OPTIONS),
    _single("IR", "Incidence rate", rates.ONE_RATE, rates.ir, *rates.ONE_RATE_OPTIONS),
    _single("IRLN", "Log incidence rate", rates.ONE_RATE, rates.irln, *rates.ONE_RATE_OPTIONS, back="exp"),
    _single("IRS", "Square root of rate", rates.ONE_RATE, rates.irs, *rates.ONE_RATE_OPTIONS, back="square"),
    _single(
        "IRFT",
        "Freeman-Tukey transformed rate",
        rates.ONE_RATE,
        rates.irft,
        *rates.ONE_RATE_OPTIONS,
        back="freeman_tukey_rate",
    ),
    _ratio("HR", "Log hazard ratio", reported.HAZARD, reported.hr, "level"),
)
VARIABLES = (
    _difference("COR", "Correlation", correlations.CORRELATION, correlations.cor, "vtype"),
    _difference("UCOR", "Correlation, corrected for bias", correlations.CORRELATION, correlations.ucor, "vtype"),
    _difference("ZCOR", "Fisher's z of correlation", correlations.CORRELATION, correlations.zcor, back="fisher_z"),
    _difference("PCOR", "Partial correlation", correlations.PARTIAL, correlations.pcor, "vtype", "release"),
    _difference(
        "ZPCOR",
        "Fisher's z of partial correlation",
        correlations.PARTIAL,
        correlations.zpcor,
        "release",
        back="fisher_z",
    ),
    _difference("SPCOR", "Semi-partial correlation", correlations.SEMI_PARTIAL, correlations.spcor, "vtype"),
)
ONE_GROUP = (
    _single("PR", "Proportion", proportions.PROPORTION, proportions.pr, "add", "to", "vtype"),
    _single("PLN", "Log proportion", proportions.PROPORTION, proportions.pln, "add", "to", "vtype", back="exp"),
    _single("PLO", "Log odds", proportions.PROPORTION, proportions.plo, "add", "to", "vtype", back="logit"),
    _single("PAS", "Arcsine of proportion", proportions.PROPORTION, proportions.pas, "add", "to", back="arcsine"),
    _single(
        "PFT",
        "Freeman-Tukey transformed proportion",
        proportions.PROPORTION,
        proportions.pft,
        "add",
        "to",
        back="freeman_tukey",
    ),
    _single("MN", "Mean", single_means.ONE_MEAN, single_means.mn),
    _single("MNLN", "Log mean", single_means.ONE_MEAN, single_means.mnln, back="exp"),
    _single("CVLN", "Log coefficient of variation", single_means.ONE_MEAN, single_means.cvln, back="exp"),
    _single("SDLN", "Log standard deviation", single_means.ONE_SD, single_means.sdln, back="exp"),
    _single("ARAW", "Cronbach's alpha", reliabilities.ALPHA, reliabilities.araw),
    _single("AHW", "Alpha, cube root transformed", reliabilities.ALPHA, reliabilities.ahw, back="alpha_cube_root"),
    _single("ABT", "Alpha, log transformed", reliabilities.ALPHA, reliabilities.abt, back="alpha_log"),
)
TWO_OCCASIONS = (
    _difference("MC", "Mean change", change.PAIRED_OR_CHANGES, change.mc),
    _difference(
        "SMCC",
        "Mean change in standard deviations of change",
        change.PAIRED_OR_CHANGES,
        change.smcc,
        "vtype",
        "correction",
    ),
    _difference(
        "SMCR",
        "Mean change in standard deviations of occasion 1",
        change.SMCR_COLUMNS,
        change.smcr,
        "vtype",
        "correction",
    ),
    _difference(
        "SMCRH",
        "Mean change in standard deviations of occasion 1, unequal variances",
        change.PAIRED_OR_BOTH,
        change.smcrh,
        "correction",
        "release",
    ),
    _ratio("ROMC", "Log ratio of means of two occasions", change.PAIRED, change.romc),
    _ratio("CVRC", "Log coefficient of variation ratio of two occasions", change.PAIRED, change.cvrc),
    _ratio("VRC", "Log variability ratio of two occasions", change.VRC_COLUMNS, change.vrc),
)
ANY = (_difference("GEN", "Effect as reported", reported.GENERIC, reported.gen),)

MEASURES: Mapping[str, Measure] = MappingProxyType(
    dict((*TWO_ARMS, *TWO_BY_TWO, *TIMES, *VARIABLES, *ONE_GROUP, *TWO_OCCASIONS, *ANY))
)
