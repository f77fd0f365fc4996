"""What a worker hears of a run: lines of JSON, of which progress is passed on and the last one is the answer."""

import json
import time
from collections.abc import Callable
from typing import Any

from analysis.sandbox.job import LARGEST_RESULT_MB, MEGABYTE, Job
from analysis.sandbox.sentences import TOO_LARGE, PluginStopped, sentence_of_end

Report = Callable[[float, str], Any]

SECONDS_BETWEEN_REPORTS = 0.1
# A result is a text inside a line of JSON, where quotes and backslashes are written as two characters.
LONGEST_LINE = 2 * LARGEST_RESULT_MB * MEGABYTE + MEGABYTE


class Replies:
    """The lines of one run. Progress is reported at most ten times a second; what comes between is overtaken."""

    def __init__(self, job: Job, report: Report | None) -> None:
        self.job = job
        self.report = report
        self.answer: dict[str, Any] = {}
        self._rest: list[bytes] = []
        self._length = 0
        self._progress: tuple[float, str] | None = None
        self._reported_at = 0.0

    def feed(self, data: bytes) -> None:
        """Take what came over the wire.

        Raises
        ------
        PluginStopped : a line is longer than any result that is stored
        """
        *complete, rest = data.split(b"\n")
        for line in complete:
            self._take(b"".join((*self._rest, line)))
            self._rest, self._length = [], 0
        self._rest.append(rest)
        self._length += len(rest)
        if self._length > LONGEST_LINE:
            raise PluginStopped(TOO_LARGE.format(label=self.job.label))

    def _take(self, line: bytes) -> None:
        message = json.loads(line)
        if "progress" in message:
            self._progress = (message["progress"], message["says"])
        else:
            self.answer = message

    def pass_on(self) -> None:
        """Report the latest progress, unless another report was made a moment ago."""
        now = time.monotonic()
        if self._progress is not None and now - self._reported_at >= SECONDS_BETWEEN_REPORTS:
            progress, self._progress, self._reported_at = self._progress, None, now
            if self.report is not None:
                self.report(*progress)

    @property
    def has_more_to_report(self) -> bool:
        """Whether progress waits to be reported."""
        return self._progress is not None

    def result(self, ended: dict[str, Any]) -> str | tuple[str, ...]:
        """Give the text of the result, or the texts of parts; `ended` says how the process ended.

        Raises
        ------
        PluginStopped : there is no result; the text says why
        """
        if "result" in self.answer:
            text: str = self.answer["result"]
            return text
        if "parts" in self.answer:
            return tuple(self.answer["parts"])
        raise PluginStopped(self.answer.get("failed") or sentence_of_end(self.job, ended))
