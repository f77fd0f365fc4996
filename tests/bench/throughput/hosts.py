"""Hosts on one machine: network namespaces with addresses of their own, joined by a bridge while a block runs."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

BRIDGE = "quorum-br"
NETWORK = "10.213.77"
SERVERS = f"{NETWORK}.1"


class NoHosts(RuntimeError):
    """This machine cannot make hosts; the text is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class Host:
    """A place where a worker runs: `prefix` goes before its command, `servers` is where it finds the servers."""

    name: str
    prefix: tuple[str, ...] = ()
    servers: str = "127.0.0.1"


HERE = Host("this machine")


@contextmanager
def make_hosts(count: int) -> Iterator[list[Host]]:
    """Give hosts whose processes reach the servers over a network only.

    Raises
    ------
    NoHosts : it needs root and the program ip (iproute2), or the system refuses
    """
    if shutil.which("ip") is None or os.geteuid() != 0:
        raise NoHosts("Two hosts are made as network namespaces, which needs root and the program ip (iproute2).")
    with ExitStack() as stack:
        _ip("link", "add", BRIDGE, "type", "bridge")
        stack.callback(_ip, "link", "delete", BRIDGE)
        _ip("address", "add", f"{SERVERS}/24", "dev", BRIDGE)
        _ip("link", "set", BRIDGE, "up")
        yield [_make_host(stack, number) for number in range(1, count + 1)]


def _make_host(stack: ExitStack, number: int) -> Host:
    name, outer, inner = f"quorum-{number}", f"quorum-o{number}", f"quorum-i{number}"
    _ip("netns", "add", name)
    stack.callback(_ip, "netns", "delete", name)
    _ip("link", "add", outer, "type", "veth", "peer", "name", inner, "netns", name)
    _ip("link", "set", outer, "master", BRIDGE, "up")
    inside = ("-netns", name)
    _ip(*inside, "address", "add", f"{NETWORK}.{number + 1}/24", "dev", inner)
    _ip(*inside, "link", "set", inner, "up")
    _ip(*inside, "link", "set", "lo", "up")
    return Host(name, ("ip", "netns", "exec", name), SERVERS)


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoHosts(f"The system refuses to make hosts: ip {' '.join(words)}: {done.stderr.strip()}.")
