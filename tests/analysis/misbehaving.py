"""A plugin that does what no plugin should, as its parameter says; listed in PLUGINS by the tests of the sandbox."""

import ctypes
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from pydantic import BaseModel, Field

from analysis.contract import CONTRACT_VERSION, Dataset, Need, Plugin, Progress, Upstream
from analysis.contract import Params as BaseParams
from analysis.contract import Result as BaseResult
from analysis.engine.errors import TooFewStudies

MEGABYTE = 1024 * 1024


class Params(BaseParams):
    """What to do, and with what."""

    does: str = Field(default="answer", description="What to do.")
    text: str = Field(default="", description="What to say.")


class Result(BaseResult):
    """Something that a test can look at."""

    says: str = ""
    number: float | None = None
    anything: Any = None


class Loose(BaseModel):
    """A model that lets NaN pass."""

    number: float


def answer(text: str, progress: Progress) -> Result:
    """Give the text back."""
    return Result(says=text)


def loop(text: str, progress: Progress) -> Result:
    """Never come back."""
    while True:
        pass


def sleep(text: str, progress: Progress) -> Result:
    """Come back long after every limit, without using the processor."""
    time.sleep(600)
    return Result()


def wait(text: str, progress: Progress) -> Result:
    """Come back after as many seconds as the text says."""
    time.sleep(float(text))
    return Result(says="waited")


def ignore_signals(text: str, progress: Progress) -> Result:
    """Refuse to be asked to end."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGXCPU, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    return sleep(text, progress)


def crash(text: str, progress: Progress) -> Result:
    """Read what is at address 0."""
    ctypes.string_at(0)
    return Result()


def end_process(text: str, progress: Progress) -> Result:
    """End the process without a word."""
    os._exit(3)


def exit_program(text: str, progress: Progress) -> Result:
    """End the program."""
    sys.exit("I want to leave")


def interrupt(text: str, progress: Progress) -> Result:
    """Do as if a person had pressed Ctrl-C."""
    raise KeyboardInterrupt


def recurse(text: str, progress: Progress) -> Result:
    """Call itself for ever."""
    return recurse(text, progress)


def raise_sentence(text: str, progress: Progress) -> Result:
    """Refuse in a sentence."""
    raise ValueError("The third trial has no variance.")


def raise_word(text: str, progress: Progress) -> Result:
    """Fail as programs do."""
    return {}["yi"]  # type: ignore[return-value]


def raise_engine_error(text: str, progress: Progress) -> Result:
    """Refuse as the engine does."""
    raise TooFewStudies(needed=3, got=1)


def take_memory(text: str, progress: Progress) -> Result:
    """Ask for far more than there is at once."""
    return Result(number=float(np.ones(1 << 40)[0]))


def take_memory_slowly(text: str, progress: Progress) -> Result:
    """Ask for a little more again and again, and keep it."""
    kept = []
    while True:
        kept.append(bytes(8 * MEGABYTE))


def give_dictionary(text: str, progress: Progress) -> Any:
    """Give something else than the declared result."""
    return {"says": "many"}


def give_nan(text: str, progress: Progress) -> Result:
    """Go around the checks of the declared result."""
    return Result.model_construct(number=float("nan"))


def give_nested_nan(text: str, progress: Progress) -> Result:
    """Hide NaN in a model that lets it pass."""
    return Result(anything=Loose(number=float("nan")))


def give_wrong_field(text: str, progress: Progress) -> Result:
    """Put words where the declared result has a number."""
    return Result.model_construct(number="many", says="")  # type: ignore[arg-type]


def give_function(text: str, progress: Progress) -> Result:
    """Give what no text can hold."""
    return Result(anything=lambda: 1)


def give_circle(text: str, progress: Progress) -> Result:
    """Give a list that holds itself."""
    circle: list[Any] = []
    circle.append(circle)
    return Result(anything=circle)


def give_much(text: str, progress: Progress) -> Result:
    """Give more than is stored."""
    return Result(says="x" * (33 * MEGABYTE))


def print_much(text: str, progress: Progress) -> Result:
    """Print to every stream there is, also below Python."""
    sys.stdout.write('{"result":"{}"}\n')
    sys.stderr.write("noise\n")
    os.write(1, b'{"result":"{}"}\n' * 1000)
    subprocess.run(["echo", "noise"], check=True)
    return Result(says="printed")


def read_input(text: str, progress: Progress) -> Result:
    """Wait for a person to type."""
    return Result(says=sys.stdin.read() or "nothing")


def leave_process(text: str, progress: Progress) -> Result:
    """Start a program that goes on, and give its number."""
    program = subprocess.Popen(["sleep", "600"])
    return Result(number=float(program.pid))


def leave_thread(text: str, progress: Progress) -> Result:
    """Start a thread that never ends."""
    threading.Thread(target=time.sleep, args=(600,)).start()
    return Result(says="left a thread")


def remember(text: str, progress: Progress) -> Result:
    """Tell what an earlier run left in this module, and leave something."""
    before = ",".join(MEMORY)
    MEMORY.append(text)
    return Result(says=before)


def tell_progress(text: str, progress: Progress) -> Result:
    """Report a first, many, and a last step."""
    for step in range(1000):
        progress(step / 1000, f"Step {step}")
    time.sleep(0.25)
    progress(1.0, "All done")
    time.sleep(0.25)
    return Result(says="told")


def tell_number_and_sleep(text: str, progress: Progress) -> Result:
    """Report the number of this process, and then nothing for long."""
    progress(0.5, str(os.getpid()))
    return sleep(text, progress)


def tell_nonsense(text: str, progress: Progress) -> Result:
    """Report more than all."""
    progress(7.0, "Too far")
    return Result()


def look_around(text: str, progress: Progress) -> Result:
    """Tell what this process knows of Django, of secrets and of open connections."""
    sockets = [name for name in os.listdir("/proc/self/fd") if _leads_to_socket(name)]
    secrets = [name for name in ("SECRET_KEY", "DATABASE_URL", "BROKER_URL") if name in os.environ]
    return Result(
        anything={
            "django": "django" in sys.modules,
            "sockets": len(sockets),
            "secrets": secrets,
            "threads": os.environ.get("OPENBLAS_NUM_THREADS"),
        }
    )


def _leads_to_socket(name: str) -> bool:
    path = f"/proc/self/fd/{name}"
    return os.path.islink(path) and os.readlink(path).startswith("socket:")


def multiply(text: str, progress: Progress) -> Result:
    """Give digits that depend on the order of additions in a matrix product."""
    matrix = np.sin(np.arange(250_000.0)).reshape(500, 500)
    product = matrix @ matrix.T @ matrix
    return Result(number=float(product.sum()), says=hashlib.sha256(product.tobytes()).hexdigest())


MEMORY: list[str] = []
DEEDS: dict[str, Callable[[str, Progress], Result]] = {
    deed.__name__: deed
    for deed in (
        *(answer, loop, sleep, wait, ignore_signals, crash, end_process, exit_program, interrupt, recurse),
        *(raise_sentence, raise_word, raise_engine_error, take_memory, take_memory_slowly, give_dictionary, give_nan),
        *(
            give_nested_nan,
            give_wrong_field,
            give_function,
            give_circle,
            give_much,
            print_much,
            read_input,
            leave_process,
        ),
        *(leave_thread, remember, tell_progress, tell_number_and_sleep, tell_nonsense, look_around, multiply),
    )
}


def run(dataset: Dataset, params: Params, upstream: Upstream, progress: Progress) -> Result:
    """Do what the parameter says."""
    return DEEDS[params.does](params.text, progress)


plugin = Plugin(
    name="misbehaving",
    version="1.0.0",
    contract_version=CONTRACT_VERSION,
    title="What no plugin should do",
    needs=frozenset({Need.EFFECTS}),
    after=(),
    params=Params,
    result=Result,
    run=run,
)
