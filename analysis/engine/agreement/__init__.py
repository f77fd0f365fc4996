"""How far raters agree: coefficients with intervals, for any number of raters, some answers missing."""

from analysis.engine.agreement.alpha import ALPHA_CI_METHODS, METRICS, Alpha, krippendorff_alpha
from analysis.engine.agreement.kappa import cohen_kappa
from analysis.engine.agreement.multirater import fleiss_kappa, gwet_ac
from analysis.engine.agreement.observed import Imbalance, measure_imbalance, pabak, percent_agreement
from analysis.engine.agreement.ratings import Answer, Answers, ratings_from_counts, ratings_from_table
from analysis.engine.agreement.report import (
    Coefficients,
    FirstAnswer,
    GroupAgreement,
    PairAgreement,
    Undefined,
    report_agreement,
)
from analysis.engine.agreement.result import Agreement
from analysis.engine.agreement.scale import AnswerScale
from analysis.engine.agreement.weights import AGREEMENT_WEIGHTS

__all__ = [
    "AGREEMENT_WEIGHTS",
    "ALPHA_CI_METHODS",
    "METRICS",
    "Agreement",
    "Alpha",
    "Answer",
    "AnswerScale",
    "Answers",
    "Coefficients",
    "FirstAnswer",
    "GroupAgreement",
    "Imbalance",
    "PairAgreement",
    "Undefined",
    "cohen_kappa",
    "fleiss_kappa",
    "gwet_ac",
    "krippendorff_alpha",
    "measure_imbalance",
    "pabak",
    "percent_agreement",
    "ratings_from_counts",
    "ratings_from_table",
    "report_agreement",
]
