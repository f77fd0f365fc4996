"""Named errors of the engine: each one is a sentence with the numbers in it."""

from __future__ import annotations


class EngineError(ValueError):
    """A question the engine cannot answer; every error of the engine derives from it."""


class TooFewStudies(EngineError):
    """Fewer studies than the method needs."""

    def __init__(self, *, needed: int, got: int) -> None:
        self.needed = needed
        self.got = got
        super().__init__(f"needs at least {needed} {'study' if needed == 1 else 'studies'}, got {got}")


class NotConverged(EngineError):
    """An iterative search that did not reach its tolerance."""

    def __init__(self, *, what: str, iterations: int) -> None:
        self.what = what
        self.iterations = iterations
        super().__init__(f"the search for {what} did not converge in {iterations} iterations")


class InvalidInput(EngineError):
    """An argument that cannot be right; `argument` names it."""

    def __init__(self, argument: str, sentence: str) -> None:
        self.argument = argument
        super().__init__(sentence)


class NotNumeric(InvalidInput):
    """An argument that holds something else than numbers."""

    def __init__(self, *, argument: str) -> None:
        super().__init__(argument, f"{argument} must hold numbers only")


class WrongShape(InvalidInput):
    """An argument with more dimensions than the function reads."""

    def __init__(self, *, argument: str, dimensions: int, allowed: int) -> None:
        super().__init__(argument, f"{argument} must have at most {allowed} dimension(s), got {dimensions}")


class RaggedLengths(InvalidInput):
    """Arguments that describe the same studies and have different lengths."""

    def __init__(self, *, argument: str, length: int, other: str, other_length: int) -> None:
        super().__init__(argument, f"{argument} has {length} value(s), but {other} has {other_length}")


class NonFinite(InvalidInput):
    """A value that is missing or infinite."""

    def __init__(self, *, argument: str, index: int) -> None:
        self.index = index
        super().__init__(argument, f"{argument} is missing or infinite at index {index}")


class OutOfRange(InvalidInput):
    """A value outside the range in which it means something."""

    def __init__(self, *, argument: str, index: int, value: float, rule: str) -> None:
        self.index = index
        self.value = value
        super().__init__(argument, f"{argument} must be {rule}, got {value:.15g} at index {index}")


class UnknownOption(InvalidInput):
    """An option that the function does not offer."""

    def __init__(self, *, argument: str, got: object, allowed: tuple[str, ...]) -> None:
        self.allowed = allowed
        choices = ", ".join(f'"{name}"' for name in allowed)
        super().__init__(argument, f"{argument} must be one of {choices}, got {got!r}")


class UndefinedResult(EngineError):
    """Valid numbers for which the formula has no answer."""

    def __init__(self, *, what: str, why: str, index: int | None = None) -> None:
        self.what = what
        self.index = index
        where = "" if index is None else f" at index {index}"
        super().__init__(f"{what} is undefined{where}: {why}")
