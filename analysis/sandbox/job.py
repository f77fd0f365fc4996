"""What a run is asked of a plugin: the module, the inputs as texts, and the limits."""

import json
from dataclasses import asdict, dataclass

MEGABYTE = 1024 * 1024
LARGEST_RESULT_MB = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run of one plugin.

    Parameters
    ----------
    module : name of the module that holds the plugin
    plugin, version : which plugin it must be
    dataset, params : canonical JSON
    upstream : canonical JSON of the results that it reads, by plugin
    seconds : how long it may take, by the clock and of the processor
    memory_mb : address space that its process may have
    search_path : where modules are found
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
        return cls(**{**values, "search_path": tuple(values["search_path"])})
