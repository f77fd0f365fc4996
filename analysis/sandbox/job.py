"""What is asked of a plugin: the module, the inputs as texts, and the limits."""

import json
from dataclasses import asdict, dataclass

MEGABYTE = 1024 * 1024
LARGEST_RESULT_MB = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run of one plugin, or one part of it, or its result from the answers of all its parts.

    Parameters
    ----------
    module : name of the module that holds the plugin
    plugin, version : which plugin it must be
    dataset, params : canonical JSON
    upstream : canonical JSON of the results that it reads, by plugin
    seconds : how long it may take, by the clock and of the processor
    memory_mb : address space that its process may have
    search_path : where modules are found
    may_split : whether the answer may be the texts of parts, where the plugin splits work that is big enough
    part : text of the part to compute; "" for the whole
    answers : texts that all parts gave, in their order, to be joined; none for the whole
    """

    module: str
    plugin: str
    version: str
    dataset: str
    params: str
    upstream: dict[str, str]
    seconds: float
    memory_mb: int
    search_path: tuple[str, ...]
    may_split: bool = False
    part: str = ""
    answers: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """How sentences name the plugin."""
        return f"The plugin {self.plugin} {self.version}"

    def to_line(self) -> bytes:
        """Give the job as one line of JSON."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> "Job":
        """Give the job that a line holds."""
        values = json.loads(line)
        lists = {name: tuple(values[name]) for name in ("search_path", "answers")}
        return cls(**{**values, **lists})
