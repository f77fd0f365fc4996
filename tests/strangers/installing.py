"""Installing a distribution with pip, without network and outside the environment of the tests."""

import os
import shutil
import subprocess
import sys
from pathlib import Path


def install(project: Path, target: Path) -> None:
    """Install a project into a folder. It is built from a copy, because building leaves files in it."""
    copy = target.parent / f"{project.name}-to-build"
    shutil.copytree(project, copy)
    options = ["--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check", "--no-compile"]
    words = ["-m", "pip", "install", "--quiet", *options, "--target", str(target), str(copy)]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def environment(*folders: Path) -> dict[str, str]:
    """Give this environment with folders in which modules are found first."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))}
