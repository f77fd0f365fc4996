"""The process that runs a plugin: it reads one job, calls the plugin, sends lines of JSON, and ends."""

import json
import os
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from types import TracebackType
from typing import Any, NoReturn

from pydantic import BaseModel

from analysis import canonical
from analysis.contract import Dataset, Params, Plugin, Progress, Result, Split, Upstream
from analysis.sandbox.job import LARGEST_RESULT_MB, MEGABYTE, Job
from analysis.sandbox.limits import lift_memory_limit, limit_process
from analysis.sandbox.sentences import (
    BAD_PROGRESS,
    NOT_STORABLE,
    OTHER_VERSION,
    TOO_LARGE,
    WRONG_TYPE,
    Refused,
    sentence_of,
)

Send = Callable[[bytes], object]
Inputs = tuple[Dataset, Params, Upstream]


def answer(job: Job, send: Send) -> NoReturn:
    """Run the job, send {"result": text}, {"parts": texts} or {"failed": sentence}, and end this process.

    What the plugin raises reaches the interpreter's last hook, which says so in the sentence.
    """

    def say(**message: Any) -> None:
        send(json.dumps(message, allow_nan=False).encode() + b"\n")

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, MemoryError):
            lift_memory_limit()
            traceback.clear_frames(trace)
        say(failed=sentence_of(job, error))
        os._exit(1)

    sys.excepthook = report
    limit_process(seconds=job.seconds, memory_mb=job.memory_mb)
    made = compute(job, say)
    say(**({"result": made} if isinstance(made, str) else {"parts": made}))
    os._exit(0)


def compute(job: Job, say: Callable[..., None]) -> str | list[str]:
    """Give the text of what the plugin makes of the job, or the texts of the parts that it splits it into.

    Raises
    ------
    Refused : the plugin is another one, or its result is not what it declares, cannot be stored or is too large
    """
    if tuple(sys.path) != job.search_path:
        sys.path[:] = job.search_path
    plugin: Plugin[Any, Any] = import_module(job.module).plugin
    if (plugin.name, plugin.version) != (job.plugin, job.version):
        raise Refused(OTHER_VERSION.format(label=job.label, found=f"{plugin.name} {plugin.version}"))
    dataset = Dataset.model_validate_json(job.dataset)
    params = plugin.params.model_validate_json(job.params)
    upstream = {name: canonical.from_text(text) for name, text in job.upstream.items()}

    def progress(fraction: float, says: str) -> None:
        is_number = isinstance(fraction, int | float) and 0 <= fraction <= 1
        if not (is_number and isinstance(says, str)):
            raise Refused(BAD_PROGRESS.format(fraction=fraction, says=says))
        say(progress=float(fraction), says=says[:200])

    if plugin.split is None:
        return text_of(job, plugin, plugin.run(dataset, params, upstream, progress))
    return compute_split(job, plugin, plugin.split, (dataset, params, upstream), progress)


def compute_split(
    job: Job, plugin: Plugin[Any, Any], split: Split[Any, Any, Any, Any], inputs: Inputs, progress: Progress
) -> str | list[str]:
    """Give what a plugin that splits its work makes of the job: one part, all parts joined, or the whole."""
    if job.part:
        answer = split.compute(*inputs, split.part.model_validate_json(job.part), progress)
        return fitting(job, of_type(job, answer, split.answer).model_dump_json())
    if job.answers:
        answers = tuple(split.answer.model_validate_json(text) for text in job.answers)
        return text_of(job, plugin, split.join(*inputs, answers, progress))
    parts = split.plan(*inputs)
    if job.may_split and len(parts) > 1:
        return [fitting(job, of_type(job, part, split.part).model_dump_json()) for part in parts]
    return text_of(job, plugin, split.run_parts(*inputs, parts, progress))


def of_type(job: Job, value: Any, declared: type[BaseModel]) -> BaseModel:
    """Give a value that is of the type that the plugin declares; raise Refused for another."""
    if not isinstance(value, declared):
        raise Refused(WRONG_TYPE.format(label=job.label, got=type(value).__name__, declared=declared.__name__))
    return value


def fitting(job: Job, text: str) -> str:
    """Give a text that is not too large to be stored; raise Refused for another."""
    if len(text) > LARGEST_RESULT_MB * MEGABYTE:
        raise Refused(TOO_LARGE.format(label=job.label))
    return text


def text_of(job: Job, plugin: Plugin[Any, Any], result: Result) -> str:
    """Give the canonical text of a result; raise Refused where it has none."""
    try:
        text = canonical.to_text(of_type(job, result, plugin.result).model_dump(mode="json"))
    except ValueError as error:
        text = " ".join(str(error).split()).rstrip(".")
        raise Refused(NOT_STORABLE.format(label=job.label, text=text)) from error
    return fitting(job, text)
