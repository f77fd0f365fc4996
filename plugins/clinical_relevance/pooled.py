"""What is read of the result of pooling, and the distributions that it stands for."""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

from analysis.contract import Upstream
from analysis.engine.distributions import critical_value

BY_DISTRIBUTION_OF_INTERVAL = "ci"


class UpstreamMissing(ValueError):
    """The result of pooling is not there."""

    def __init__(self) -> None:
        super().__init__("Clinical relevance reads the result of pooling, which is not there; it has to run first.")


class Pooled(BaseModel):
    """The fields of pooling that are read; the others are not looked at."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    k: int
    level: float
    estimate: float | None
    se: float | None
    df: int | None
    ci_lower: float | None
    ci_upper: float | None
    pi_lower: float | None
    pi_upper: float | None
    pi_method: str
    pi_distribution: str | None


@dataclass(frozen=True, slots=True)
class Distribution:
    """A normal or t distribution of the true effect, scale of the measure."""

    name: Literal["mean", "predictive"]
    mean: float
    sd: float
    df: float | None


def read_pooled(upstream: Upstream) -> Pooled:
    """Give what is read of the result of pooling.

    Raises
    ------
    UpstreamMissing : pooling did not run
    """
    if "pooling" not in upstream:
        raise UpstreamMissing
    return Pooled.model_validate(upstream["pooling"])


def distributions_of(pooled: Pooled) -> tuple[Distribution, ...]:
    """Give the distribution of the mean effect, and that of a new study's where there is a prediction interval.

    The second is the one from which pooling took its interval: half its width over the critical value is its scale.
    """
    if pooled.estimate is None or not pooled.se:
        return ()
    found = [Distribution("mean", pooled.estimate, pooled.se, pooled.df)]
    if pooled.pi_lower is not None and pooled.pi_upper is not None and pooled.pi_distribution is not None:
        df = _predictive_df(pooled)
        reach = (pooled.pi_upper - pooled.pi_lower) / 2.0
        found.append(
            Distribution("predictive", pooled.estimate, reach / float(critical_value(pooled.level, df=df)), df)
        )
    return tuple(found)


def _predictive_df(pooled: Pooled) -> float | None:
    """Give the degrees of freedom of the prediction interval, None for a normal one."""
    if pooled.pi_distribution == "normal":
        return None
    if pooled.pi_method == BY_DISTRIBUTION_OF_INTERVAL:
        return pooled.df
    return float(pooled.k - 2)
