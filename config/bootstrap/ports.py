"""Whether the site's port is free, and which one is."""

import errno
import os
import socket

from .progress import Failure

HOST = "127.0.0.1"
DEFAULT_PORT = 8000
HIGHEST_PORT = 65535


def chosen_port() -> int:
    """The port named by PORT."""
    text = os.environ.get("PORT") or str(DEFAULT_PORT)
    if not text.isdigit() or not 1 <= int(text) <= HIGHEST_PORT:
        raise Failure(f"PORT is a number from 1 to {HIGHEST_PORT}, for example: make serve PORT=8001. It is {text!r}.")
    return int(text)


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of the loopback address."""
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex((HOST, port)) == 0:
            return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a closed connection may linger
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno == errno.EACCES:
                raise Failure(f"Port {port} is kept for administrators: make serve PORT={DEFAULT_PORT}") from error
            return False
    return True


def occupied_sentence(port: int) -> str:
    """What to say where another program has the port, with the next free one."""
    following = range(port + 1, min(port + 101, HIGHEST_PORT))
    other = next((candidate for candidate in following if is_free(candidate)), DEFAULT_PORT)
    return f"Port {port} is in use by another program; start the site on another one: make serve PORT={other}"
