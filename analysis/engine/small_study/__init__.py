"""Small-study effects and publication bias: tests, adjusted estimates, and how many missing studies would matter."""

from analysis.engine.small_study.egger import Egger, egger_lm, egger_rma
from analysis.engine.small_study.excess_significance import ExcessSignificance, excess_significance
from analysis.engine.small_study.fail_safe import FailSafeN, fail_safe_n
from analysis.engine.small_study.henmi_copas import HenmiCopas, henmi_copas
from analysis.engine.small_study.limit import LimitMetaAnalysis, limit_meta_analysis
from analysis.engine.small_study.pet_peese import PetPeese, pet_peese
from analysis.engine.small_study.rank import RankTest, rank_test
from analysis.engine.small_study.selection import LocalMaximum, SelectionModel, fit_selection_model
from analysis.engine.small_study.trim_fill import TrimAndFill, trim_and_fill

__all__ = [
    "Egger",
    "ExcessSignificance",
    "FailSafeN",
    "HenmiCopas",
    "LimitMetaAnalysis",
    "LocalMaximum",
    "PetPeese",
    "RankTest",
    "SelectionModel",
    "TrimAndFill",
    "egger_lm",
    "egger_rma",
    "excess_significance",
    "fail_safe_n",
    "fit_selection_model",
    "henmi_copas",
    "limit_meta_analysis",
    "pet_peese",
    "rank_test",
    "trim_and_fill",
]
