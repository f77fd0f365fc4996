"""Named errors of models for dependent effects."""

from __future__ import annotations

from analysis.engine.errors import EngineError, InvalidInput


class NotSquare(InvalidInput):
    """A covariance matrix whose shape does not fit the effects."""

    def __init__(self, *, argument: str, shape: tuple[int, ...], k: int) -> None:
        self.shape = shape
        found = " x ".join(str(length) for length in shape)
        super().__init__(argument, f"{argument} must have shape ({k},) or {k} x {k}, got {found}")


class NotSymmetric(InvalidInput):
    """A covariance matrix that differs from its transpose."""

    def __init__(self, *, argument: str, row: int, column: int, above: float, below: float) -> None:
        self.row, self.column = row, column
        super().__init__(
            argument,
            f"{argument} must be symmetric, got {above:.15g} in row {row}, column {column} "
            f"and {below:.15g} in row {column}, column {row}",
        )


class NotPositiveDefinite(InvalidInput):
    """A covariance matrix that no set of effects can have."""

    def __init__(self, *, argument: str, smallest: float, rows: list[int]) -> None:
        self.smallest, self.rows = smallest, rows
        listed = ", ".join(str(row) for row in rows[:8]) + (", ..." if len(rows) > 8 else "")
        super().__init__(
            argument,
            f"{argument} must be positive definite, but the smallest eigenvalue among the rows {listed} "
            f"is {smallest:.6g}",
        )


class NotBlockDiagonal(InvalidInput):
    """Effects of different clusters that are correlated."""

    def __init__(self, *, argument: str, row: int, column: int) -> None:
        self.row, self.column = row, column
        super().__init__(
            argument,
            f"the effects in rows {row} and {column} belong to different clusters of {argument}, but are correlated "
            "in the model: clusters must hold all effects that are correlated",
        )


class TooFewClusters(EngineError):
    """Fewer clusters than the method needs."""

    def __init__(self, *, needed: int, got: int, coefficients: int) -> None:
        self.needed, self.got = needed, got
        noun = "coefficient" if coefficients == 1 else "coefficients"
        super().__init__(f"needs at least {needed} clusters for {coefficients} {noun}, got {got}")


class NotIdentifiable(EngineError):
    """A parameter about which the effects say nothing."""

    def __init__(self, *, what: str, why: str) -> None:
        self.what = what
        super().__init__(f"{what} cannot be estimated: {why}")


class MissingLabel(InvalidInput):
    """A grouping variable without a value for one of the effects."""

    def __init__(self, *, argument: str, index: int) -> None:
        self.index = index
        super().__init__(argument, f"{argument} is missing at index {index}")


class Collinear(InvalidInput):
    """Moderators of which one is a linear combination of the others."""

    def __init__(self, *, names: tuple[str, ...], rank: int) -> None:
        self.names, self.rank = names, rank
        super().__init__(
            "mods",
            f"the {len(names)} coefficients ({', '.join(names)}) hold only {rank} independent column(s); "
            "take out constant or redundant moderators",
        )
