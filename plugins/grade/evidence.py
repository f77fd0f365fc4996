"""What GRADE looks at: the dataset, and the parts it reads of the results of pooling and sensitivity."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from analysis.contract import Dataset, Upstream


class UpstreamMissing(ValueError):
    """A result that GRADE reads is not there."""

    def __init__(self, name: str) -> None:
        super().__init__(f"GRADE reads the result of {name}, which is not there; it has to run first.")


class Reading(BaseModel):
    """The fields that are read of somebody else's result; the others are not looked at."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class StudyRow(Reading):
    """One row of the pooled studies."""

    effect: str
    estimate: float
    ci_lower: float
    ci_upper: float
    weight: float


class PoolingResult(Reading):
    """What is read of the result of pooling."""

    k: int
    level: float
    estimate: float | None
    ci_lower: float | None
    ci_upper: float | None
    pi_lower: float | None
    pi_upper: float | None
    tau2_ci_lower: float | None
    tau2_ci_upper: float | None
    i2: float | None
    studies: tuple[StudyRow, ...]


class ScenarioRow(Reading):
    """One row of the scenarios."""

    name: str
    label: str
    k: int
    estimate: float | None
    ci_lower: float | None
    ci_upper: float | None
    conclusion_changes: bool | None
    conditions: tuple[str, ...] = ()


class SensitivityResult(Reading):
    """What is read of the result of sensitivity."""

    scenarios: tuple[ScenarioRow, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that the domains look at."""

    dataset: Dataset
    pooling: PoolingResult
    sensitivity: SensitivityResult
    small_study_effects: Mapping[str, Any] | None = None

    @classmethod
    def gather(cls, dataset: Dataset, upstream: Upstream) -> Self:
        """Give the dataset with what is read of the two results.

        Raises
        ------
        UpstreamMissing : one of the results is not there
        """
        return cls(
            dataset=dataset,
            pooling=PoolingResult.model_validate(_result_of("pooling", upstream)),
            sensitivity=SensitivityResult.model_validate(_result_of("sensitivity", upstream)),
            small_study_effects=upstream.get("small_study_effects"),
        )

    @property
    def mcid(self) -> float | None:
        """The smallest important difference between groups; None unless effects are on the outcome's own scale."""
        mcid = self.dataset.outcome.mcid_between if self.dataset.measure == "MD" else None
        return abs(mcid) if mcid else None

    @property
    def weights(self) -> dict[str, float]:
        """Share of each effect in the estimate, by id."""
        return {row.effect: row.weight for row in self.pooling.studies}

    def risk_of_bias_scenario(self, name: str) -> ScenarioRow | None:
        """Give the scenario of that name, otherwise the first whose only condition is on the overall judgement."""
        rows = self.sensitivity.scenarios
        named = next((row for row in rows if row.name == name), None)
        alone = (row for row in rows if len(row.conditions) == 1 and row.conditions[0].startswith("rob.overall "))
        return named or next(alone, None)


def _result_of(name: str, upstream: Upstream) -> Any:
    """Give the result of a plugin."""
    if name not in upstream:
        raise UpstreamMissing(name)
    return upstream[name]
