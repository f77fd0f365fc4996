"""What went wrong, as a sentence that says what to do: read from what pip, uv, venv and Django printed."""

import errno
import re
import sys

from . import ROOT
from .progress import Outcome

UNREACHABLE = re.compile(
    r"Failed to establish a new connection|NewConnectionError|ConnectTimeout|Read timed out|Connection refused"
    r"|Network is unreachable|name resolution|Name or service not known|nodename nor servname|ProxyError"
    r"|Cannot connect to proxy|Connection reset|Connection broken|RemoteDisconnected"
    r"|error sending request|dns error|tcp connect error|Failed to fetch",
    re.IGNORECASE,
)
UNTRUSTED = re.compile(r"CERTIFICATE_VERIFY_FAILED|SSLError|SSLCertVerificationError|invalid peer certificate")
DISK_FULL = re.compile(r"No space left on device|Disk quota exceeded")
FORBIDDEN = re.compile(r"Permission denied|Read-only file system")
NO_VENV = re.compile(r"ensurepip|No module named '?venv")
MISFIT = re.compile(r"(?:No matching distribution found for|no version of) ([A-Za-z0-9_.\-\[\]=]+)")
NO_DATABASE = re.compile(r"connection failed|could not connect|Connection refused|could not translate host name")


def is_unreachable(outcome: Outcome) -> bool:
    """Whether an installer failed because it could not reach the package index."""
    if UNREACHABLE.search(outcome.output) or UNTRUSTED.search(outcome.output):
        return outcome.status != 0
    # pip may say no more than that it found no version at all, not even one for another Python.
    return "(from versions: none)" in outcome.output and "require a different python" not in outcome.output


def explain_install(outcome: Outcome, target: str) -> str:
    """The sentence for a failed installation of packages."""
    again = f"run `make {target}` again"
    if UNTRUSTED.search(outcome.output):
        return (
            "Could not download the packages: the certificate of the package index is not trusted. Behind a proxy that "
            f"reads the traffic, name its certificate in PIP_CERT and SSL_CERT_FILE, then {again}; nothing was lost."
        )
    if is_unreachable(outcome):
        return (
            "Could not download the packages: no connection to the package index. Check the network or the proxy "
            f"settings (HTTPS_PROXY, PIP_INDEX_URL) and {again}; nothing was lost."
        )
    misfit = MISFIT.search(outcome.output)
    if misfit:
        version = ".".join(str(part) for part in sys.version_info[:2])
        return (
            f"The package {misfit[1]} is not offered for Python {version} on this machine. "
            f"Quorum is tried with Python 3.11: make {target} PYTHON=python3.11"
        )
    return _explain_disk(outcome.output) or f"The packages could not be installed. The last lines:\n{outcome.tail()}"


def explain_venv(outcome: Outcome, target: str) -> str:
    """The sentence for an environment that could not be made."""
    if NO_VENV.search(outcome.output):
        version = ".".join(str(part) for part in sys.version_info[:2])
        return (
            "This Python cannot make environments: its venv module is not installed. On Debian and Ubuntu: "
            f"`apt install python{version}-venv` (or python3-venv), then run `make {target}` again."
        )
    return _explain_disk(outcome.output) or f"The environment could not be made. The last lines:\n{outcome.tail()}"


def explain_migrate(outcome: Outcome) -> str:
    """The sentence for a database that could not be prepared."""
    words = outcome.output
    if "Traceback (most recent call last)" in words:  # only what it ends with is for a reader
        words = words.strip().splitlines()[-1].split(": ", 1)[-1]
    if NO_DATABASE.search(outcome.output):
        return f"The database that DATABASE_URL names does not answer. Is it running? It said: {words}"
    return _explain_disk(outcome.output) or f"The database could not be prepared: {words.strip()}"


def explain_os_error(error: OSError) -> str:
    """The sentence for what the operating system refused."""
    text = f"{error.strerror}: {error.filename}" if error.filename else str(error.strerror or error)
    return _explain_disk(text) or f"The computer refused: {text}."


def _explain_disk(text: str) -> str | None:
    if DISK_FULL.search(text):
        return "The disk is full. Quorum needs about 700 MB, and 1.3 GB with its tests: make room and try again."
    if FORBIDDEN.search(text) or _is_read_only():
        return f"Quorum may not write in {ROOT}. Move it to a folder of your own, or mend the permissions."
    return None


def _is_read_only() -> bool:
    """Whether the project's folder cannot be written to."""
    probe = ROOT / ".writable"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        return error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
    return False
