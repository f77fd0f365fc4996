"""What a reviewer reads where a plugin gave no result."""

import signal
from typing import Any

from analysis.engine.errors import EngineError
from analysis.sandbox.job import LARGEST_RESULT_MB, Job

LONGEST_SENTENCE = 2000

TIMED_OUT = "{label} was stopped after {seconds:g} seconds."
OUT_OF_MEMORY = "{label} needed more than {memory_mb} MB of memory and was stopped."
TOO_LARGE = f"{{label}} gave a result of more than {LARGEST_RESULT_MB} MB, which is not stored."
CRASHED = "{label} crashed ({name}) before it gave a result."
KILLED = "{label} was killed by the system before it gave a result, most likely because the machine ran out of memory."
ENDED = "{label} ended its process (exit status {status}) before it gave a result."
TOO_DEEP = "{label} called itself too often (RecursionError)."
INTERRUPTED = "{label} interrupted itself (KeyboardInterrupt)."
FAILED = "{label} failed with {kind}{text}."
WRONG_TYPE = "{label} gave a value of the type {got} where its result is a {declared}."
NOT_STORABLE = "{label} gave a result that cannot be stored as JSON: {text}."
OTHER_VERSION = "{label} was asked for, but the process that runs plugins found {found}; restart the workers."
BAD_PROGRESS = "Progress is a fraction from 0 to 1 and words, not {fraction!r} and {says!r}."
NOT_STARTED = "{label} was not run: no process could be started for it ({text})."
SERVER_GONE = "{label} gave no result: the process that runs plugins has ended. Run the analysis again."
UNKNOWN_NAME = "signal {number}"


class PluginStopped(RuntimeError):
    """A plugin gave no result that can be stored; the text is a sentence for a reviewer."""


class Refused(RuntimeError):
    """What a plugin was asked or gave is not what it should be; raised in its own process."""


def sentence_of(job: Job, error: BaseException) -> str:
    """Give the sentence for what a plugin raised: its own words where they are a sentence, else words around them."""
    text = " ".join(str(error).split())
    if isinstance(error, MemoryError):
        return OUT_OF_MEMORY.format(label=job.label, memory_mb=job.memory_mb)
    if isinstance(error, RecursionError):
        return TOO_DEEP.format(label=job.label)
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED.format(label=job.label)
    if text and (isinstance(error, EngineError | Refused) or text.endswith((".", "!", "?"))):
        return text[:LONGEST_SENTENCE]
    shown = f": {text.rstrip('.')}" if text else ""
    return FAILED.format(label=job.label, kind=type(error).__name__, text=shown[:LONGEST_SENTENCE])


def sentence_of_end(job: Job, ended: dict[str, Any]) -> str:
    """Give the sentence for a process that ended without an answer; `ended` is what the server says of it."""
    if "refused" in ended:
        return NOT_STARTED.format(label=job.label, text=ended["refused"])
    if ended.get("timed_out") or ended.get("signal") == getattr(signal, "SIGXCPU", None):
        return TIMED_OUT.format(label=job.label, seconds=job.seconds)
    if ended.get("signal") == getattr(signal, "SIGKILL", None):
        return KILLED.format(label=job.label)
    if "signal" in ended:
        return CRASHED.format(label=job.label, name=signal_name(ended["signal"]))
    if "status" in ended:
        return ENDED.format(label=job.label, status=ended["status"])
    return SERVER_GONE.format(label=job.label)


def signal_name(number: int) -> str:
    """Give the name of a signal, such as SIGSEGV."""
    known = {int(one): one.name for one in signal.Signals}
    return known.get(number, UNKNOWN_NAME.format(number=number))
