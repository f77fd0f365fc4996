"""Models for effects that depend on each other: multilevel, multivariate, and cluster-robust inference."""

from analysis.engine.dependent.blups import RandomIntercepts, predict_intercepts
from analysis.engine.dependent.errors import (
    Collinear,
    MissingLabel,
    NotBlockDiagonal,
    NotIdentifiable,
    NotPositiveDefinite,
    NotSquare,
    NotSymmetric,
    TooFewClusters,
)
from analysis.engine.dependent.inference import Omnibus
from analysis.engine.dependent.multilevel import Multilevel, fit_multilevel
from analysis.engine.dependent.multivariate import Multivariate, fit_multivariate
from analysis.engine.dependent.profile import Sigma2Interval, profile_sigma2
from analysis.engine.dependent.robust import Robust, constrain, robust, robust_regression
from analysis.engine.dependent.rve import RobustVariance, fit_rve
from analysis.engine.dependent.vcalc import vcalc

__all__ = [
    "Collinear",
    "MissingLabel",
    "Multilevel",
    "Multivariate",
    "NotBlockDiagonal",
    "NotIdentifiable",
    "NotPositiveDefinite",
    "NotSquare",
    "NotSymmetric",
    "Omnibus",
    "RandomIntercepts",
    "Robust",
    "RobustVariance",
    "Sigma2Interval",
    "TooFewClusters",
    "constrain",
    "fit_multilevel",
    "fit_multivariate",
    "fit_rve",
    "predict_intercepts",
    "profile_sigma2",
    "robust",
    "robust_regression",
    "vcalc",
]
