"""The folder .venv: made once, repaired when broken, left alone when nothing has changed."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from . import ROOT
from .explain import explain_install, explain_venv, is_unreachable
from .progress import Failure, Outcome, say, step

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
# What was installed, where and from which files; written last, so that its presence means "complete".
STAMP = VENV / "quorum.json"
# Present while packages are being installed: left behind, it says that the environment is half made.
HALF_MADE = VENV / "quorum.installing"
Stamp = dict[str, Any]
USABLE = "import sys; sys.exit(sys.version_info < (3, 11))"


def ensure(requirements: str, target: str) -> None:
    """Make sure that .venv holds the packages this file names; does nothing if it does.

    requirements : {"requirements.txt", "requirements-dev.txt", "requirements-bench.txt"}
    """
    wanted = digests(requirements)
    stamp = _read_stamp()
    if stamp is not None and stamp["installed"].items() >= wanted.items() and _starts(PYTHON, "-c", USABLE):
        return
    uv = shutil.which("uv")
    if not _can_be_kept(stamp, needs_pip=uv is None):
        _build(uv, target)
        stamp = None
    _install(uv, requirements, target)
    installed = (stamp["installed"] if stamp else {}) | wanted
    STAMP.write_text(json.dumps({"folder": str(ROOT), "installed": installed}, indent=1))


def digests(requirements: str) -> dict[str, str]:
    """The SHA-256 of a requirements file and of every file it includes, by name."""
    content = (ROOT / requirements).read_bytes()
    found = {requirements: hashlib.sha256(content).hexdigest()}
    for line in content.decode().splitlines():
        if line.startswith("-r "):
            found |= digests(line.split()[1])
    return found


def _read_stamp() -> Stamp | None:
    """The stamp of a complete environment that was made in this folder, or None."""
    if HALF_MADE.exists():
        return None
    try:
        stamp: Stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return None
    return stamp if stamp.get("folder") == str(ROOT) and isinstance(stamp.get("installed"), dict) else None


def _can_be_kept(stamp: Stamp | None, *, needs_pip: bool) -> bool:
    """Whether packages can be added to what is there; one without a stamp was made by hand and is respected."""
    if HALF_MADE.exists() or (STAMP.exists() and stamp is None):
        return False
    return _starts(PYTHON, "-c", USABLE) and (not needs_pip or _starts(PYTHON, "-m", "pip", "--version"))


def _starts(*command: str | Path) -> bool:
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _build(uv: str | None, target: str) -> None:
    if VENV.is_symlink() or VENV.exists():
        say("The environment in .venv is incomplete or was made in another folder; making it anew.")
        _remove()
    python = getattr(sys, "_base_executable", sys.executable)  # not the one in the folder that is being replaced
    make = [uv, "venv", "--quiet", "--python", python] if uv else [python, "-m", "venv"]
    outcome = step("Making an environment of its own for Quorum in .venv", [*make, str(VENV)], cwd=ROOT, env=os.environ)
    if outcome.status != 0:
        _remove()
        raise Failure(explain_venv(outcome, target))


def _remove() -> None:
    if VENV.is_symlink():
        VENV.unlink()
    else:
        shutil.rmtree(VENV, ignore_errors=True)


def _install(uv: str | None, requirements: str, target: str) -> None:
    HALF_MADE.touch()
    outcome = _run_installer(uv, requirements)
    # Packages are downloaded before the first one is installed: without a connection nothing is half made.
    if outcome.status == 0 or is_unreachable(outcome):
        HALF_MADE.unlink()
    if outcome.status != 0:
        raise Failure(explain_install(outcome, target))


def _run_installer(uv: str | None, requirements: str) -> Outcome:
    # Compiled at once: a command that starts where nobody may write compiles all of numpy each time.
    if uv:
        installer = [uv, "pip", "install", "--compile-bytecode", "--python", str(PYTHON)]
    else:
        installer = [str(PYTHON), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    command = [*installer, "--quiet", "-r", requirements]
    return step(f"Downloading and installing the packages of {requirements}", command, cwd=ROOT, env=os.environ)
