"""The worker's side: ask for a run, pass its progress on, and get its result or a sentence."""

import json
import os
import select
import socket
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from analysis.sandbox.job import Job
from analysis.sandbox.launching import ask_server, stop_server
from analysis.sandbox.plain import ask_process
from analysis.sandbox.replies import SECONDS_BETWEEN_REPORTS, Replies, Report
from analysis.sandbox.server import kill

# A server says itself when the time of a run is up; one that says nothing this much later has failed itself.
SECONDS_OF_GRACE = 60
CHUNK = 1 << 18


def ask(job: Job, *, report: Report | None = None, preload: Iterable[str] = ()) -> str | tuple[str, ...]:
    """Give the canonical text of what the plugin makes of a job, or the texts of parts where it may be split.

    Parameters
    ----------
    job : the plugin, its inputs and its limits
    report : called with a fraction and words as the plugin comes along, at most ten times a second
    preload : modules that a server loads when it starts, so that its runs find them loaded

    Raises
    ------
    PluginStopped : the plugin gave no result that can be stored, within its limits; the text says why
    """
    replies = Replies(job, report)
    return ask_forked(job, replies, preload) if sys.platform == "linux" else ask_process(job, replies)


def ask_forked(job: Job, replies: Replies, preload: Iterable[str]) -> str | tuple[str, ...]:
    """Ask the server of this process for a child.

    A server that ended before it began the run, such as one that was killed a moment ago, is replaced once.
    """
    began = time.monotonic()
    told = _ask_once(job, replies, preload)
    if not told and not replies.answer and time.monotonic() - began < job.seconds:
        stop_server()
        told = _ask_once(job, replies, preload)
    return replies.result(told if _has_ended(told) else {})


def _ask_once(job: Job, replies: Replies, preload: Iterable[str]) -> dict[str, Any]:
    """Give what the server tells of the run: how it ended, or only that it began, or nothing where it ended itself."""
    mine, childs = socket.socketpair()
    heard, told = os.pipe()
    try:
        try:
            ask_server(seconds=job.seconds, channel=childs.fileno(), status=told, preload=preload)
        finally:
            childs.close()
            os.close(told)
        mine.settimeout(job.seconds + SECONDS_OF_GRACE)
        with suppress(BrokenPipeError, ConnectionResetError, TimeoutError):  # the child has ended: its end is told
            mine.sendall(job.to_line())
        mine.setblocking(False)
        return _listen(job, mine, heard, replies)
    finally:
        mine.close()
        os.close(heard)  # where the run has not ended, its child is stopped now


def _listen(job: Job, channel: socket.socket, heard: int, replies: Replies) -> dict[str, Any]:
    """Take lines until the server tells how the run ended, or has ended itself."""
    poller = select.poll()
    poller.register(channel.fileno(), select.POLLIN)
    poller.register(heard, select.POLLIN)
    deadline = time.monotonic() + job.seconds + SECONDS_OF_GRACE
    told: dict[str, Any] = {}
    while time.monotonic() < deadline:
        wait = SECONDS_BETWEEN_REPORTS if replies.has_more_to_report else deadline - time.monotonic()
        ready = {descriptor for descriptor, _ in poller.poll(max(0.0, wait) * 1000)}
        if channel.fileno() in ready and not _read(channel, replies):
            poller.unregister(channel.fileno())
        replies.pass_on()
        if heard in ready:
            said = os.read(heard, 4096)
            for line in said.splitlines():
                told |= json.loads(line)
            if not said or _has_ended(told):
                break
    else:
        stop_server()
    if not _has_ended(told):  # the server has ended; what it started must end too
        if "started" in told:
            kill(told["started"])
        return told
    while _read(channel, replies):
        pass
    return told


def _has_ended(told: dict[str, Any]) -> bool:
    """Whether the server has told how the run ended."""
    return bool(told.keys() - {"started"})


def _read(channel: socket.socket, replies: Replies) -> bool:
    """Take what has come; False where nothing comes now."""
    try:
        data = channel.recv(CHUNK)
    except (BlockingIOError, ConnectionResetError):
        return False
    replies.feed(data)
    return bool(data)
