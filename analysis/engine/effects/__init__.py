"""Effect measures and their sampling variances, by metafor's names."""

from analysis.engine.effects.back import back_transform
from analysis.engine.effects.change import cvrc, mc, romc, smcc, smcr, smcrh, vrc
from analysis.engine.effects.correction import CORRECTIONS, GAMMA_RATIO_SERIES, SERIES_FROM, small_sample_correction
from analysis.engine.effects.correlations import cor, pcor, spcor, ucor, zcor, zpcor
from analysis.engine.effects.dispatch import escalc
from analysis.engine.effects.mean_associations import d2orl, d2orn, rbis, rpb
from analysis.engine.effects.means import md, rom
from analysis.engine.effects.measures import BACK_TRANSFORMATIONS, MEASURES, Measure
from analysis.engine.effects.proportions import pas, pft, pln, plo, pr
from analysis.engine.effects.rates import ir, ird, irft, irln, irr, irs, irsd
from analysis.engine.effects.reliabilities import abt, ahw, araw
from analysis.engine.effects.reported import gen, hr
from analysis.engine.effects.result import Effects
from analysis.engine.effects.risks import arcsine_difference, odds_ratio, peto, rd, rr
from analysis.engine.effects.single_means import cvln, mn, mnln, sdln
from analysis.engine.effects.standardised import smd, smd1, smd1h, smdh
from analysis.engine.effects.table_associations import or2dl, or2dn, pbit, phi, rtet, yuq, yuy
from analysis.engine.effects.variability import cvr, vr
from analysis.engine.effects.zeros import ZERO_CELL_RULES

__all__ = [
    "BACK_TRANSFORMATIONS",
    "CORRECTIONS",
    "GAMMA_RATIO_SERIES",
    "MEASURES",
    "SERIES_FROM",
    "ZERO_CELL_RULES",
    "Effects",
    "Measure",
    "abt",
    "ahw",
    "araw",
    "arcsine_difference",
    "back_transform",
    "cor",
    "cvln",
    "cvr",
    "cvrc",
    "d2orl",
    "d2orn",
    "escalc",
    "gen",
    "hr",
    "ir",
    "ird",
    "irft",
    "irln",
    "irr",
    "irs",
    "irsd",
    "mc",
    "md",
    "mn",
    "mnln",
    "odds_ratio",
    "or2dl",
    "or2dn",
    "pas",
    "pbit",
    "pcor",
    "peto",
    "pft",
    "phi",
    "pln",
    "plo",
    "pr",
    "rbis",
    "rd",
    "rom",
    "romc",
    "rpb",
    "rr",
    "rtet",
    "sdln",
    "small_sample_correction",
    "smcc",
    "smcr",
    "smcrh",
    "smd",
    "smd1",
    "smd1h",
    "smdh",
    "spcor",
    "ucor",
    "vr",
    "vrc",
    "yuq",
    "yuy",
    "zcor",
    "zpcor",
]
