"""A plugin runs apart: whatever it does, the worker has a result or a sentence, and goes on."""

import json
import os
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import billiard
import pytest

from analysis import canonical
from analysis.sandbox import Job, PluginStopped, ask, asking, launching, plain
from analysis.sandbox.replies import Replies
from analysis.testing import quiet, sample_dataset
from tests.analysis import misbehaving

DATASET = canonical.to_text(sample_dataset(k=3).model_dump(mode="json"))
LABEL = "The plugin misbehaving 1.0.0"
# Enough for a run on a busy machine; runs that are meant to be stopped have a fraction of a second.
SECONDS = 30.0
SHORT = 0.3


def job(does: str, *, text: str = "", **changes: Any) -> Job:
    """Give a job for the misbehaving plugin."""
    plain_job = Job(
        module="tests.analysis.misbehaving",
        plugin="misbehaving",
        version="1.0.0",
        dataset=DATASET,
        params=json.dumps({"does": does, "text": text}),
        upstream={},
        seconds=SECONDS,
        memory_mb=1024,
        search_path=tuple(os.path.abspath(entry) for entry in sys.path),
    )
    return replace(plain_job, **changes)


def answer_of(asked: Job, **options: Any) -> dict[str, Any]:
    """Give the result as plain data."""
    return canonical.from_text(ask_here(asked, **options))


def ask_here(asked: Job, **options: Any) -> str:
    """Ask a server that has loaded the misbehaving plugin."""
    return ask(asked, preload=["tests.analysis.misbehaving"], **options)


def sentence_of(asked: Job) -> str:
    """Give the sentence of a run that has no result."""
    with pytest.raises(PluginStopped) as stopped:
        ask_here(asked)
    return str(stopped.value)


SENTENCES = {
    "crash": f"{LABEL} crashed (SIGSEGV) before it gave a result.",
    "end_process": f"{LABEL} ended its process (exit status 3) before it gave a result.",
    "exit_program": f"{LABEL} ended its process (exit status 1) before it gave a result.",
    "interrupt": f"{LABEL} interrupted itself (KeyboardInterrupt).",
    "recurse": f"{LABEL} called itself too often (RecursionError).",
    "raise_sentence": "The third trial has no variance.",
    "raise_word": f"{LABEL} failed with KeyError: 'yi'.",
    "raise_engine_error": "needs at least 3 studies, got 1",
    "take_memory": f"{LABEL} needed more than 1024 MB of memory and was stopped.",
    "take_memory_slowly": f"{LABEL} needed more than 1024 MB of memory and was stopped.",
    "give_dictionary": f"{LABEL} gave a value of the type dict where its result is a Result.",
    "give_much": f"{LABEL} gave a result of more than 32 MB, which is not stored.",
    "tell_nonsense": "Progress is a fraction from 0 to 1 and words, not 7.0 and 'Too far'.",
}


@pytest.mark.parametrize("does", SENTENCES)
def test_misbehaviour_becomes_a_sentence(does):
    assert sentence_of(job(does)) == SENTENCES[does]


@pytest.mark.parametrize("does", ["loop", "sleep", "ignore_signals"])
def test_plugin_that_does_not_come_back_is_stopped(does):
    ask_here(job("answer"))  # the server is up
    began = time.monotonic()
    assert sentence_of(job(does, seconds=SHORT)) == f"{LABEL} was stopped after 0.3 seconds."
    # The limit, and what a busy machine takes to kill a process and say so.
    assert SHORT <= time.monotonic() - began < SHORT + 5


@pytest.mark.parametrize("does", ["give_nan", "give_nested_nan", "give_function", "give_circle"])
def test_result_that_no_json_holds_is_refused(does):
    assert sentence_of(job(does)).startswith(f"{LABEL} gave a result that cannot be stored as JSON: ")


def test_what_a_plugin_prints_reaches_nobody(capfd):
    assert answer_of(job("print_much"))["says"] == "printed"
    assert capfd.readouterr() == ("", "")


def test_plugin_that_reads_its_input_finds_nothing():
    assert answer_of(job("read_input"))["says"] == "nothing"


def test_program_that_a_plugin_started_ends_with_its_run():
    number = int(answer_of(job("leave_process"))["number"])
    deadline = time.monotonic() + 10
    while is_alive(number) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_alive(number)


def is_alive(number: int) -> bool:
    """Whether a process still runs; one that nobody has collected yet does not."""
    try:
        state = Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_thread_that_a_plugin_left_does_not_keep_its_run():
    assert answer_of(job("leave_thread"))["says"] == "left a thread"


def test_run_finds_nothing_of_the_run_before():
    assert [answer_of(job("remember", text=text))["says"] for text in ("one", "two")] == ["", ""]


def test_process_of_a_plugin_gets_no_secret(monkeypatch):
    for name in ("DATABASE_URL", "SECRET_KEY", "BROKER_URL", "PGPASSWORD"):
        monkeypatch.setenv(name, "secret")
    assert "secret" not in launching.environment().values()


def test_plugin_sees_no_django_no_secret_and_no_connection():
    # The one socket is that of the run.
    assert answer_of(job("look_around"))["anything"] == {
        "django": False,
        "sockets": 1,
        "secrets": [],
        "threads": "1",
    }


def test_numbers_are_those_of_this_process_to_the_last_bit():
    here = misbehaving.multiply("", quiet)
    there = answer_of(job("multiply"))
    assert (there["number"], there["says"]) == (here.number, here.says)


def test_progress_arrives_in_order_and_not_too_often():
    heard: list[tuple[float, str]] = []
    answer_of(job("tell_progress"), report=lambda fraction, says: heard.append((fraction, says)))
    assert heard == sorted(heard)
    assert heard[-1] == (1.0, "All done")
    assert "Step 999" in [says for _, says in heard]
    # A thousand steps take far less than the ten reports of a second.
    assert len(heard) < 20


def test_other_version_than_asked_for_is_refused():
    said = sentence_of(job("answer", version="2.0.0"))
    assert said == (
        "The plugin misbehaving 2.0.0 was asked for, but the process that runs plugins found misbehaving 1.0.0; "
        "restart the workers."
    )


def test_module_that_is_gone_is_a_sentence():
    said = sentence_of(job("answer", module="tests.analysis.nowhere"))
    assert said == f"{LABEL} failed with ModuleNotFoundError: No module named 'tests.analysis.nowhere'."


def test_server_that_ends_during_a_run_is_a_sentence_and_is_started_again():
    ask_here(job("answer"))
    server = launching._launched[os.getpid()].process
    began = time.monotonic()
    threading.Timer(0.2, server.kill).start()
    assert sentence_of(job("sleep")) == (
        f"{LABEL} gave no result: the process that runs plugins has ended. Run the analysis again."
    )
    assert time.monotonic() - began < SECONDS  # it is heard at once, not when the time is up
    assert answer_of(job("answer", text="again"))["says"] == "again"


def test_worker_that_stops_listening_has_its_run_stopped():
    class Enough(Exception):
        """What a worker's own time limit raises."""

    numbers: list[int] = []

    def give_up(fraction: float, says: str) -> None:
        numbers.append(int(says))
        raise Enough

    with pytest.raises(Enough):
        ask_here(job("tell_number_and_sleep"), report=give_up)
    deadline = time.monotonic() + 10
    while is_alive(numbers[0]) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_alive(numbers[0])


def test_runs_of_several_threads_do_not_mix():
    said: dict[str, str] = {}

    def work(text: str) -> None:
        said[text] = answer_of(job("answer", text=text))["says"]

    threads = [threading.Thread(target=work, args=(f"thread {number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == {f"thread {number}": f"thread {number}" for number in range(8)}


def ask_in_a_worker() -> None:
    """Check, in the process of a worker, that it has a server of its own."""
    inherited = {pid: server.process.pid for pid, server in launching._launched.items()}
    says = answer_of(job("answer", text="forked"))["says"]
    own = launching._launched[os.getpid()].process.pid
    launching.stop_server()
    sys.exit(0 if says == "forked" and own not in inherited.values() else 1)


def test_worker_of_a_pool_has_a_server_of_its_own():
    ask_here(job("answer"))
    # Celery's workers are such processes: forked, and not allowed to have children through this module.
    worker = billiard.Process(target=ask_in_a_worker, daemon=True)
    worker.start()
    worker.join(SECONDS)
    assert worker.exitcode == 0
    assert answer_of(job("answer", text="parent"))["says"] == "parent"


# Where a server cannot fork, a fresh process runs the same code -------------------------------------------------------


def ask_plainly(asked: Job) -> str:
    """Ask as on a system without a fork server."""
    return plain.ask_process(asked, Replies(asked, None))


def test_fresh_process_gives_the_same_result():
    assert ask_plainly(job("multiply")) == ask_here(job("multiply"))


@pytest.mark.parametrize("does", ["crash", "end_process", "take_memory"])
def test_misbehaviour_in_a_fresh_process_becomes_the_same_sentence(does):
    with pytest.raises(PluginStopped) as stopped:
        ask_plainly(job(does))
    assert str(stopped.value) == SENTENCES[does]


def test_fresh_process_that_does_not_come_back_is_stopped():
    with pytest.raises(PluginStopped, match=r"was stopped after 0\.5 seconds\."):
        ask_plainly(job("loop", seconds=0.5))


def test_other_systems_get_a_fresh_process(monkeypatch):
    monkeypatch.setattr(asking.sys, "platform", "darwin")
    monkeypatch.setattr(asking, "ask_process", lambda asked, replies: f"fresh: {asked.plugin}")
    assert ask(job("answer")) == "fresh: misbehaving"


def test_server_that_was_killed_a_moment_ago_is_replaced_without_a_word():
    ask_here(job("answer"))
    launching._launched[os.getpid()].process.kill()

    assert answer_of(job("answer", text="again"))["says"] == "again"
