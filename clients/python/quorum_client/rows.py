"""What a site gives: rows with the version that they were read in, jobs, and what came of rows sent together."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row(Mapping[str, Any]):
    """One row: its values by field, and the ETag of the version that was read."""

    resource: str
    values_by_name: dict[str, Any]
    etag: str

    def __getitem__(self, name: str) -> Any:
        return self.values_by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_by_name)

    def __len__(self) -> int:
        return len(self.values_by_name)

    @property
    def id(self) -> int:
        """The key of the row."""
        return int(self.values_by_name["id"])


@dataclass(frozen=True)
class Job:
    """A request to bring an analysis up to date: queued, running, succeeded, failed or cancelled."""

    id: int
    analysis: int
    status: str
    progress: float
    says: str
    snapshot: int | None

    @property
    def is_done(self) -> bool:
        """Whether it came to its end, good or bad."""
        return self.status not in ("queued", "running")


@dataclass(frozen=True)
class RowDone:
    """What came of one row of many: its key where it was made, else the sentences why not, by field."""

    index: int
    id: int | None
    errors: list[dict[str, str]]


@dataclass(frozen=True)
class BulkDone:
    """What came of rows that were sent together; `act` can be undone as one on the site's pages."""

    act: int | None
    rows: list[RowDone]

    @property
    def refused(self) -> list[RowDone]:
        """The rows that were not made."""
        return [row for row in self.rows if row.id is None]
