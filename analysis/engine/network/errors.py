"""Named errors of network meta-analysis."""

from __future__ import annotations

from analysis.engine.errors import EngineError, InvalidInput


class SameTreatment(InvalidInput):
    """A comparison of a treatment with itself."""

    def __init__(self, *, study: str, treatment: str) -> None:
        self.study, self.treatment = study, treatment
        super().__init__("treatment_2", f'study "{study}" compares "{treatment}" with itself')


class RepeatedComparison(InvalidInput):
    """Two treatments that one study compares twice."""

    def __init__(self, *, study: str, treatments: tuple[str, str]) -> None:
        self.study, self.treatments = study, treatments
        super().__init__("study", f'study "{study}" compares "{treatments[0]}" and "{treatments[1]}" more than once')


class IncompleteStudy(InvalidInput):
    """A multi-arm study without all comparisons of its treatments."""

    def __init__(self, *, study: str, missing: tuple[tuple[str, str], ...]) -> None:
        self.study, self.missing = study, missing
        pairs = ", ".join(f'"{first}" and "{second}"' for first, second in missing)
        super().__init__("study", f'study "{study}" must give all comparisons of its treatments; missing: {pairs}')


class InconsistentEffects(InvalidInput):
    """A multi-arm study whose effects do not add up."""

    def __init__(self, *, study: str, treatments: tuple[str, str, str], gap: float, allowed: float) -> None:
        self.study, self.treatments, self.gap, self.allowed = study, treatments, gap, allowed
        first, second, third = treatments
        super().__init__(
            "yi",
            f'the effects of study "{study}" do not add up: "{first}" to "{second}" to "{third}" and back gives '
            f"{gap:.4g} instead of 0, more than the {allowed:.4g} that rounding may leave",
        )


class InconsistentVariances(InvalidInput):
    """A multi-arm study with variances that no set of arms can have together."""

    def __init__(self, *, study: str, smallest: float) -> None:
        self.study, self.smallest = study, smallest
        super().__init__(
            "vi",
            f'the variances of study "{study}" cannot hold together: the covariance matrix of its comparisons has the '
            f"eigenvalue {smallest:.4g}, and all must be above 0",
        )


class DisconnectedNetwork(EngineError):
    """Treatments that no chain of comparisons joins; `parts` lists those that hang together."""

    def __init__(self, *, parts: tuple[tuple[str, ...], ...]) -> None:
        self.parts = parts
        listed = "; ".join(f"({number}) {', '.join(part)}" for number, part in enumerate(parts, start=1))
        super().__init__(f"the network falls into {len(parts)} parts that no study joins: {listed}")


class UnknownTreatment(InvalidInput):
    """A treatment that the network does not have."""

    def __init__(self, *, argument: str, treatment: str, treatments: tuple[str, ...]) -> None:
        self.treatment = treatment
        super().__init__(argument, f'"{treatment}" is not among the treatments {", ".join(treatments)}')


class NothingLeft(EngineError):
    """Counts of events of which nothing says anything about odds ratios."""

    def __init__(self, *, studies: int, designs: int) -> None:
        self.studies, self.designs = studies, designs
        super().__init__(
            f"no study is left that says anything about odds ratios: studies in which nobody or everybody had the "
            f"event: {studies}; sets of treatments of which one at most has both outcomes: {designs}"
        )
