"""The client of one site."""

import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self

import httpx
import pandas as pd

from quorum_client.refusals import TooMany, refusal_of
from quorum_client.rows import BulkDone, Job, Row, RowDone

LARGEST_PAGE = 500
# How often a request is sent again where the connection broke, or the site asks to wait.
MOST_TRIES = 4


class Client:
    """A Quorum site, asked in the name of the person whose token it is.

    Parameters
    ----------
    address : of the site, such as https://quorum.example.org
    token : a personal token, made on the site's page of tokens
    timeout : seconds to wait for an answer
    """

    def __init__(
        self, address: str, token: str, *, timeout: float = 60, transport: httpx.BaseTransport | None = None
    ) -> None:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._http = httpx.Client(
            base_url=f"{address.rstrip('/')}/api/v1/", headers=headers, timeout=timeout, transport=transport
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    # Reading

    def effects(
        self,
        review: str,
        *,
        outcome: str | None = None,
        analysis: str | None = None,
        study: str | None = None,
        snapshot: int | None = None,
    ) -> pd.DataFrame:
        """Give the effects that the review's analyses pool, one row each; for ratios yi is a natural log.

        They are those of the latest snapshots, or of one `snapshot`. `outcome` and `study` are codes, `analysis` a
        short name. The column `lineage` holds the steps from printed numbers to yi and vi.
        """
        asked = {"outcome": outcome, "analysis": analysis, "study": study, "snapshot": snapshot}
        return self.table("effects", review=review, **asked)

    def table(self, resource: str, **filters: Any) -> pd.DataFrame:
        """Give the rows of a resource, such as studies or arm-results, as a frame."""
        return pd.DataFrame.from_records(list(self.rows(resource, **filters)))

    def rows(self, resource: str, **filters: Any) -> Iterator[dict[str, Any]]:
        """Give the rows of a resource one by one, page after page."""
        chosen = {name: _word(value) for name, value in filters.items() if value is not None}
        asked = {"page_size": LARGEST_PAGE, **chosen}
        address: str | None = str(httpx.URL(f"{resource}/", params=asked))
        while address:
            body = self._send("GET", address).json()
            yield from body["results"]
            address = body["next"]

    def get(self, resource: str, key: int | str) -> Row:
        """Give one row, with the version that was read."""
        return _row(resource, self._send("GET", f"{resource}/{key}/"))

    def history(self, resource: str, key: int) -> Iterator[dict[str, Any]]:
        """Give the changes of a row, the newest first."""
        return self.rows(f"{resource}/{key}/history")

    # Writing

    def create(self, resource: str, **fields: Any) -> Row:
        """Make a row. Where the connection breaks it is asked again, and the row is made once all the same."""
        return _row(resource, self._send("POST", f"{resource}/", fields, {"Idempotency-Key": str(uuid.uuid4())}))

    def create_many(self, resource: str, review: str, rows: Iterable[Mapping[str, Any]]) -> BulkDone:
        """Make up to 500 rows as one act; those that break a rule are named in what is given back."""
        sent = {"review": review, "rows": [dict(row) for row in rows]}
        body = self._send("POST", f"{resource}/bulk/", sent, {"Idempotency-Key": str(uuid.uuid4())}).json()
        return BulkDone(body["act"], [RowDone(one["index"], one["id"], one["errors"]) for one in body["results"]])

    def change(self, row: Row, **fields: Any) -> Row:
        """Change fields of a row; raises Stale where somebody else has changed it since it was read."""
        answer = self._send("PATCH", f"{row.resource}/{row.id}/", fields, {"If-Match": row.etag})
        return _row(row.resource, answer)

    def remove(self, row: Row) -> None:
        """Remove a row as it was read."""
        self._send("DELETE", f"{row.resource}/{row.id}/", None, {"If-Match": row.etag})

    # Jobs

    def run(self, review: str, analysis: str) -> Job:
        """Ask for an analysis, by its short name, to be brought up to date."""
        found = next(self.rows("analyses", review=review, slug=analysis, fields="id"), None)
        if found is None:
            raise LookupError(f"There is no analysis “{analysis}” in “{review}” that you may read.")
        return _job(self._send("POST", "jobs/", {"analysis": found["id"]}).json())

    def job(self, key: int) -> Job:
        """Give a job as it stands."""
        return _job(self._send("GET", f"jobs/{key}/").json())

    def wait(self, job: Job, *, seconds: float = 600, every: float = 1) -> Job:
        """Give a job when it came to its end.

        Raises
        ------
        TimeoutError : it did not within these seconds
        """
        until = time.monotonic() + seconds
        while not job.is_done:
            if time.monotonic() > until:
                raise TimeoutError(f"The job {job.id} is still {job.status} after {seconds:g} seconds.")
            time.sleep(every)
            job = self.job(job.id)
        return job

    def cancel(self, job: Job) -> Job:
        """Cancel a job that has not come to its end."""
        return _job(self._send("POST", f"jobs/{job.id}/cancel/", {}).json())

    def _send(
        self, method: str, address: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Send a request; what can be sent twice is sent again where the connection broke or the site asks to wait."""
        may_repeat = method == "GET" or "Idempotency-Key" in (headers or {})
        for left in reversed(range(MOST_TRIES)):
            try:
                response = self._http.request(method, address, json=body, headers=headers)
            except httpx.TransportError:
                if not (may_repeat and left):
                    raise
                continue
            if response.is_success:
                return response
            refused = refusal_of(response)
            if not (isinstance(refused, TooMany) and left):
                raise refused
            time.sleep(refused.seconds)
        raise AssertionError("every try ends the loop")


def _word(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _row(resource: str, response: httpx.Response) -> Row:
    return Row(resource, response.json(), response.headers.get("ETag", ""))


def _job(body: dict[str, Any]) -> Job:
    names = ("id", "analysis", "status", "progress", "says", "snapshot")
    return Job(**{name: body[name] for name in names})
