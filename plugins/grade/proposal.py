"""What is proposed: for each domain the levels down with the reasons, and the certainty that follows."""

from typing import Literal

from pydantic import Field

from analysis.contract import Frozen
from analysis.contract import Result as BaseResult

Certainty = Literal["high", "moderate", "low", "very_low"]
DomainName = Literal["risk_of_bias", "inconsistency", "indirectness", "imprecision", "publication_bias"]
RateUpName = Literal["large_effect", "dose_response", "plausible_confounding"]
LookedAt = dict[str, float | str | None]

CERTAINTIES: tuple[Certainty, ...] = ("high", "moderate", "low", "very_low")


class Domain(Frozen):
    """How far one domain lowers the certainty, by rule.

    `reasons` are sentences; the numbers behind them are in `looked_at`: names that end in `_share` are fractions, `k`
    and names that end in `_count` are counts, `p_value` a probability, `*_ratio` a ratio, and all others are on the
    scale of the measure. `is_looked_at` is False where there was nothing to look at: then `rate_down` is 0 for want of
    a reason.
    """

    name: DomainName
    rate_down: int = Field(ge=0, le=2)
    reasons: tuple[str, ...]
    looked_at: LookedAt = {}
    is_looked_at: bool = True


class RateUp(Frozen):
    """How far one reason raises the certainty of non-randomised evidence, by rule; read as `Domain`."""

    name: RateUpName
    rate_up: int = Field(ge=0, le=2)
    reasons: tuple[str, ...]
    looked_at: LookedAt = {}
    is_looked_at: bool = True


class Result(BaseResult):
    """The proposal; `certainty` is None where nothing is proposed."""

    is_proposal: Literal[True] = True
    k: int
    start: Certainty
    levels_down: int | None = None
    levels_up: int | None = None
    certainty: Certainty | None = None
    domains: tuple[Domain, ...] = ()
    rate_ups: tuple[RateUp, ...] = ()
