"""What a pooled difference means: points of a scale, chance of an important effect, responders in each group.

A benefit is a difference that is positive where the experimental group does better, whichever way the scale points.
"""

from __future__ import annotations

from math import pi, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.engine.arrays import FloatArray, read_array, read_arrays, require, require_option
from analysis.engine.scales import Scale

RESPONSE_METHODS = ("furukawa_leucht", "hasselblad_hedges", "cox_snell", "kraemer_kupfer")
# Log odds ratio per standardised difference: of a logistic variable, and of a normal one (Cox and Snell 1989).
ODDS_PER_D = {"hasselblad_hedges": pi / sqrt(3.0), "cox_snell": 1.65}


def smd_to_points(yi: ArrayLike, *, sd: float) -> FloatArray:
    """Return standardised mean differences as points of a scale: yi times the standard deviation there.

    Parameters
    ----------
    yi : number or array of shape (k,)  standardised differences, or limits of their interval
    sd : standard deviation of the scale among people like those of interest, in points, above 0

    References
    ----------
    Cochrane Handbook, chapter 15 (Schunemann et al. 2019, doi:10.1002/9781119536604.ch15).
    """
    deviation = read_array("sd", sd, dimensions=0)
    require("sd", deviation, deviation > 0.0, rule="above 0")
    return np.asarray(read_array("yi", yi) * deviation)


def share_of_scale(difference: ArrayLike, *, scale: Scale) -> FloatArray:
    """Return differences in points as fractions of the width of their scale."""
    return np.asarray(read_array("difference", difference) / scale.width)


def probability_beyond(threshold: float, *, mean: float, sd: float, df: float | None = None) -> float:
    """Return the probability that a value exceeds a threshold, by the normal distribution or by t.

    Parameters
    ----------
    threshold : the value to exceed, such as the smallest important benefit
    mean, sd : centre and scale of the distribution: estimate and standard error for the mean effect, estimate and
        sqrt(se**2 + tau2) for the effect in a new study
    df : degrees of freedom of t, above 0; None for the normal distribution

    References
    ----------
    Higgins, Thompson and Spiegelhalter (2009), doi:10.1111/j.1467-985X.2008.00552.x.
    """
    values = {"threshold": threshold, "mean": mean, "sd": sd} | ({} if df is None else {"df": df})
    arrays = {name: read_array(name, value, dimensions=0) for name, value in values.items()}
    require("sd", arrays["sd"], arrays["sd"] > 0.0, rule="above 0")
    statistic = (arrays["mean"] - arrays["threshold"]) / arrays["sd"]
    if df is None:
        return float(special.ndtr(statistic))
    require("df", arrays["df"], arrays["df"] > 0.0, rule="above 0")
    return float(special.stdtr(arrays["df"], statistic))


def responder_difference(
    benefit: ArrayLike, *, comparator_rate: ArrayLike, method: str = "furukawa_leucht"
) -> FloatArray:
    """Return how many more people respond in the experimental group, a fraction, from a standardised benefit.

    Parameters
    ----------
    benefit : number or array of shape (k,)  standardised difference, positive where the experimental group does better
    comparator_rate : number or array of shape (k,)  responders in the comparator group, a fraction in (0, 1)
    method : {"furukawa_leucht", "hasselblad_hedges", "cox_snell", "kraemer_kupfer"}  normal outcomes cut at one
        threshold, Phi(Phi^-1(rate) + d) - rate; the log odds ratio pi d / sqrt(3), or 1.65 d; or the success rate
        difference 2 Phi(d / sqrt(2)) - 1 of two people, which depends on no rate

    References
    ----------
    Furukawa and Leucht (2011), doi:10.1371/journal.pone.0019070; Hasselblad and Hedges (1995),
    doi:10.1037/0033-2909.117.1.167; Kraemer and Kupfer (2006), doi:10.1016/j.biopsych.2005.09.014.
    """
    require_option("method", method, RESPONSE_METHODS)
    d, rate = read_arrays({"benefit": benefit, "comparator_rate": comparator_rate})
    require("comparator_rate", rate, (rate > 0.0) & (rate < 1.0), rule="between 0 and 1 (0.2, not 20)")
    if method == "kraemer_kupfer":
        return np.asarray(special.erf(d / 2.0))
    if method == "furukawa_leucht":
        return np.asarray(special.ndtr(special.ndtri(rate) + d) - rate)
    log_odds_ratio = ODDS_PER_D[method] * d
    return np.asarray(rate * special.expit(-special.logit(rate) - log_odds_ratio) * np.expm1(log_odds_ratio))


def rate_beyond_threshold(threshold: float, *, mean: float, sd: float, direction: str) -> float:
    """Return the fraction of a normal group that reaches a threshold.

    Parameters
    ----------
    threshold : points at which a person counts as a responder
    mean, sd : of the group, in the same points; sd above 0
    direction : {"lower", "higher"}  which values are better

    References
    ----------
    Cochrane Handbook, chapter 15 (Schunemann et al. 2019, doi:10.1002/9781119536604.ch15).
    """
    require_option("direction", direction, ("lower", "higher"))
    above = probability_beyond(threshold, mean=mean, sd=sd)
    return above if direction == "higher" else probability_beyond(-threshold, mean=-mean, sd=sd)
