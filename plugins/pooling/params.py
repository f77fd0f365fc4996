"""How to pool: the options are those that the engine has."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from analysis import engine
from analysis.contract import Params as BaseParams
from plugins.pooling.models import INVERSE_VARIANCE, MODELS

TAU2_INTERVALS = ("q_profile", "profile_likelihood")

# A type checker cannot read a list of options from another module; pydantic does.
if TYPE_CHECKING:
    Model = str
    Tau2Method = str
    CiMethod = str
    PiMethod = str
    Tau2IntervalMethod = str
else:
    Model = Literal[MODELS]
    Tau2Method = Literal[engine.TAU2_METHODS]
    CiMethod = Literal[engine.CI_METHODS]
    PiMethod = Literal[engine.PI_METHODS]
    Tau2IntervalMethod = Literal[TAU2_INTERVALS]


class Params(BaseParams):
    """How to pool."""

    model: Model = Field(
        default=INVERSE_VARIANCE,
        description=(
            "Inverse variances pool any effects; the other models pool the counts of the groups: Mantel-Haenszel "
            "(1959), Peto (Yusuf et al. 1985), and the exact logistic and Poisson models of Stijnen et al. (2010)."
        ),
    )
    tau2_method: Tau2Method = Field(
        default="REML",
        description=(
            "Estimator of the variance between studies (Veroniki et al. 2016, doi:10.1002/jrsm.1164); CE is the "
            "common-effect (fixed-effect) model. Logistic and Poisson models take ML for all others but CE."
        ),
    )
    ci_method: CiMethod = Field(
        default="hksj",
        description=(
            "Confidence interval: Hartung-Knapp-Sidik-Jonkman (t, k - 1 df), the same but never narrower than t "
            "(hksj_adhoc, Roever et al. 2015), t, or normal (wald). Models of counts take the normal one."
        ),
    )
    pi_method: PiMethod = Field(
        default="ci",
        description=(
            "Prediction interval: by the distribution of the confidence interval, or by t with k - 2 degrees of "
            "freedom (Higgins et al. 2009)."
        ),
    )
    tau2_interval: Tau2IntervalMethod = Field(
        default="q_profile",
        description=(
            "Confidence interval of the variance between studies: Q-profile (Viechtbauer 2007), or by the profile of "
            "the likelihood (Hardy and Thompson 1996), restricted unless the estimator is ML."
        ),
    )
    level: float = Field(default=0.95, gt=0.0, lt=1.0, description="Confidence level of all intervals, a fraction.")
