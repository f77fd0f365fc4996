"""The measurement of throughput works: it prints its tables, and says why where it cannot make hosts."""

import os
import subprocess
import sys
import time

import pytest

from tests.bench.throughput import hosts
from tests.bench.throughput.__main__ import main, processors_of, start_of
from tests.bench.throughput.hosts import NoHosts, make_hosts
from tests.bench.throughput.processors import Usage, parent_of, processor_seconds
from tests.bench.throughput.works import Trial

TRIAL = Trial(2, "quorum-1, quorum-2", 100, 4.0, Usage(5.0, 1.25, 0.05, 4.0 * (os.cpu_count() or 1)), 0.3, "digest")


def test_line_says_what_a_run_costs():
    assert start_of(TRIAL) == ("2", "quorum-1, quorum-2", "4.0")
    assert TRIAL.rate == 25.0
    assert processors_of(TRIAL) == ("50.0", "12.5", "0.5", "100%", "0.3")


@pytest.mark.parametrize(("user", "program"), [(1000, "/sbin/ip"), (0, None)])
def test_machine_that_cannot_make_hosts_says_why(monkeypatch, user, program):
    monkeypatch.setattr(hosts.os, "geteuid", lambda: user)
    monkeypatch.setattr(hosts.shutil, "which", lambda name: program)
    with pytest.raises(NoHosts, match="needs root and the program ip"), make_hosts(2):
        pass


def test_system_that_refuses_is_quoted_and_nothing_stays(monkeypatch):
    monkeypatch.setattr(hosts.os, "geteuid", lambda: 0)
    monkeypatch.setattr(hosts.shutil, "which", lambda name: "/sbin/ip")
    asked = []

    def refuse(words, **options):
        asked.append(words[1:])
        code = 1 if words[1] == "netns" and words[2] == "add" else 0
        return subprocess.CompletedProcess(words, code, "", "Operation not permitted\n")

    monkeypatch.setattr(hosts.subprocess, "run", refuse)
    with pytest.raises(NoHosts, match="ip netns add quorum-1: Operation not permitted"), make_hosts(2):
        pass
    assert asked[-1] == ["link", "delete", hosts.BRIDGE]


def test_processor_time_of_a_process_and_its_children_is_counted():
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'while True: pass'])"
    process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    programs = {"workers": [process.pid], "postgres": [], "redis": []}
    try:
        assert parent_of(process.pid) == os.getpid()
        before = processor_seconds(programs)
        deadline = time.monotonic() + 60
        while (processor_seconds(programs) - before).workers < 0.2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        used = processor_seconds(programs) - before
        assert (used.postgres, used.redis) == (0, 0)
        assert used.machine >= 0.1
    finally:
        os.killpg(process.pid, 9)
        process.wait()


def test_small_measurement_prints_both_tables(capsys):
    words = ["--refreshes", "2", "--subsets", "3000", "--studies", "4", "--workers", "1", "--no-hosts"]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "2 requests. Asking for them takes one process" in said
    assert "| 1 | this machine |" in said
    assert "3,000 subsets of 4 studies (GOSH) in 1 parts." in said
    assert "| to the last bit |" in said
