"""The first-run script, run as a newcomer runs it: what it says when something is missing, and that it does so once."""

import ast
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.bootstrap import __main__ as door
from config.bootstrap import environment, explain, ports
from config.bootstrap.progress import Outcome

ROOT = Path(__file__).resolve().parents[1]
# Nobody listens on the discard port; pip is told not to try again and to ignore the machine's own settings.
NO_NETWORK = {
    "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
    "PIP_RETRIES": "0",
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_NO_CACHE_DIR": "1",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what the script needs, with nothing to download."""
    folder = tmp_path / "project"
    shutil.copytree(ROOT / "config" / "bootstrap", folder / "config" / "bootstrap")
    shutil.copy(ROOT / "Makefile", folder)
    (folder / "requirements.txt").write_text("# nothing\n")
    (folder / "manage.py").write_text("import sys\nprint('ran', sys.argv[1])\n")
    return folder


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def bootstrap(project: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the script with the PATH and settings of a bare machine, without a terminal."""
    bare = {"PATH": os.defpath, "HOME": str(project), "LANG": "C.UTF-8"} | env
    command = [sys.executable, "config/bootstrap", *words]
    return subprocess.run(
        command, cwd=project, env=bare, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 6, 15), (3, 10, 13)])
def test_an_old_python_is_answered_with_a_sentence(version: tuple[int, int, int]) -> None:
    sentence = door.refusal(version, "/usr/bin/python3", "demo")
    shown = ".".join(str(part) for part in version)
    assert sentence.startswith(f"Quorum needs Python 3.11 or newer; this is Python {shown} (/usr/bin/python3).")
    assert sentence.endswith("make demo PYTHON=/path/to/python3.11")


def test_an_old_python_is_told_of_a_newer_one() -> None:
    assert door.refusal((3, 8, 10), "python3", "demo", "python3.12").endswith("make demo PYTHON=python3.12")


def test_a_new_python_is_not_refused() -> None:
    assert door.refusal(sys.version_info, sys.executable, "demo") is None


def test_the_door_can_be_parsed_by_old_pythons() -> None:
    source = Path(door.__file__).read_text(encoding="ascii")  # Python 2 wants a declaration for anything else
    tree = ast.parse(source, feature_version=(3, 4))
    modern = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.AsyncFunctionDef, ast.Nonlocal, ast.YieldFrom)
    assert not [node for node in ast.walk(tree) if isinstance(node, modern)]
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert not [f.name for f in functions if f.returns or f.args.kwonlyargs or any(a.annotation for a in f.args.args)]


def test_the_script_uses_the_standard_library_only() -> None:
    for path in (ROOT / "config" / "bootstrap").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names.append(node.module or "")
            assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names, path.name


def test_serve_says_which_port_is_free_instead(project: Path, taken_port: int) -> None:
    ended = bootstrap(project, "serve", PORT=str(taken_port))
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"Port {taken_port} is in use by another program; start the site on another one: ")
    proposed = int(ended.stderr.rsplit("PORT=", 1)[1])
    assert ports.is_free(proposed)


def test_a_port_that_is_no_number_is_refused(project: Path) -> None:
    ended = bootstrap(project, "serve", PORT="http")
    assert ended.returncode == 1
    assert ended.stderr.startswith("PORT is a number from 1 to 65535")


def test_without_a_network_a_sentence_says_what_to_check(project: Path) -> None:
    (project / "requirements.txt").write_text("quorum-has-no-such-package==1.0\n")
    ended = bootstrap(project, "demo", **NO_NETWORK)
    assert ended.returncode == 1
    assert "no connection to the package index" in ended.stderr
    assert "run `make demo` again; nothing was lost." in ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
    assert not (project / ".venv" / environment.HALF_MADE.name).exists()


def test_demo_installs_once_succeeds_beside_a_taken_port_and_repairs_a_half_made_environment(
    project: Path, taken_port: int
) -> None:
    first = bootstrap(project, "demo", PORT=str(taken_port), **NO_NETWORK)
    assert first.returncode == 0, first.stderr
    assert "Making an environment" in first.stdout
    assert "ran demo" in first.stdout
    assert f"Port {taken_port} is in use by another program" in first.stdout

    stamp = project / ".venv" / environment.STAMP.name
    written = stamp.stat().st_mtime_ns
    second = bootstrap(project, "demo", **NO_NETWORK)
    assert second.returncode == 0
    assert "environment" not in second.stdout
    assert "installing" not in second.stdout
    assert stamp.stat().st_mtime_ns == written

    (project / "requirements.txt").write_text("# changed\n")
    third = bootstrap(project, "demo", **NO_NETWORK)
    assert "Making an environment" not in third.stdout
    assert "Downloading and installing" in third.stdout

    (project / ".venv" / environment.HALF_MADE.name).touch()
    fourth = bootstrap(project, "demo", **NO_NETWORK)
    assert fourth.returncode == 0
    assert "making it anew" in fourth.stdout
    assert json.loads(stamp.read_text())["folder"] == str(project)


def test_a_worker_without_a_broker_is_told_what_it_needs(project: Path) -> None:
    ended = bootstrap(project, "worker")
    assert ended.returncode == 1
    assert ended.stderr.startswith("A worker needs a broker: make worker BROKER_URL=redis://")


def test_clean_removes_nothing_without_a_yes(project: Path) -> None:
    (project / "var").mkdir()
    refused = bootstrap(project, "clean")
    assert refused.returncode == 1
    assert "var/  with the database" in refused.stdout
    assert (project / "var").exists()
    assert bootstrap(project, "clean", CONFIRM="yes").returncode == 0
    assert not (project / "var").exists()


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("ERROR: Permission denied: '/opt/x'", "may not write in"),
        ("SSLError(SSLCertVerificationError(1, 'CERTIFICATE_VERIFY_FAILED'))", "certificate of the package index"),
        ("error: Failed to fetch: `https://index/simple/django/` dns error", "no connection to the package index"),
        (
            "(from versions: 1.0, 2.0)\nERROR: No matching distribution found for numpy==2.4.6",
            "numpy==2.4.6 is not",
        ),
        ("something nobody foresaw", "The last lines:\n    something nobody foresaw"),
    ],
)
def test_a_failed_installation_is_explained(output: str, words: str) -> None:
    assert words in explain.explain_install(Outcome(1, output), "demo")


def test_a_missing_venv_module_names_the_package_to_install() -> None:
    output = "The virtual environment was not created successfully because ensurepip is not available."
    assert "-venv` (or python3-venv)" in explain.explain_venv(Outcome(1, output), "demo")


def test_a_database_that_does_not_answer_is_named_without_a_traceback() -> None:
    output = "Traceback (most recent call last):\n  File\ndjango.db.utils.OperationalError: connection failed: refused"
    sentence = explain.explain_migrate(Outcome(1, output))
    assert sentence.startswith("The database that DATABASE_URL names does not answer.")
    assert "Traceback" not in sentence
