"""What a check says when a plugin does not keep the contract."""

from types import TracebackType


class ConformanceError(AssertionError):
    """A promise of the contract that a plugin does not keep; a sentence for its author."""


class Reported:
    """A block in which whatever a stranger's plugin raises becomes a ConformanceError that begins with `sentence`."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence

    def __enter__(self) -> None:
        """Begin the block."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Turn an error into a ConformanceError; those that are one already, and interrupts, pass."""
        if isinstance(error, Exception) and not isinstance(error, ConformanceError):
            raise ConformanceError(f"{self.sentence}: {type(error).__name__}: {error}") from error
