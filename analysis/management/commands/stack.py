"""`manage.py stack`: the production shape on this machine, in one command, until Ctrl-C."""

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from analysis.management.stack import Folder, Ports, StackFailure, Supervisor, all_services, prepare
from analysis.management.stack.supervisor import Stopped

SERVERS = ("postgres", "redis")
NO_BEAT = "beat       not started: the settings have no schedule"
READY = """
Quorum is at http://127.0.0.1:{port}/ (Ctrl-C stops everything; workers finish what they compute).
Logs:      {logs}
Settings:  set -a; . {environment}; set +a   (for manage.py in another shell, such as createsuperuser or demo)
"""


class Command(BaseCommand):
    """Start PostgreSQL, a Redis-protocol server, web, worker and beat; stop all of them together."""

    help = (
        "Starts PostgreSQL and a Redis-protocol server from the development packages, then web, worker and beat, on "
        "the loopback address. Nothing is restarted: where one ends, all are stopped and its log is shown."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take ports, the folder of the data and the number of processes of the worker."""
        parser.add_argument("--web-port", "--port", type=int, default=8000, dest="web")
        parser.add_argument("--postgres-port", type=int, default=54320, dest="postgres")
        parser.add_argument("--redis-port", type=int, default=63790, dest="redis")
        parser.add_argument("--folder", type=Path, default=settings.VAR_DIR / "stack", help="where the data are kept")
        parser.add_argument("--workers", type=int, default=2, help="processes that compute runs")
        parser.add_argument(
            "--long-workers", type=int, default=0, help="processes of a second worker, for runs that may take long only"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Start in order, watch, stop in reverse."""
        ports = Ports(**{name: options[name] for name in ("web", "postgres", "redis")})
        folder = Folder(options["folder"])
        supervisor = Supervisor(logs=folder.logs, folder=settings.BASE_DIR, say=self._say)
        supervisor.listen()
        failure = ""
        try:
            folder.open()
            ports.check()
            workers = {name: options[name] for name in ("workers", "long_workers")}
            self._start(supervisor, folder, ports, workers)
            supervisor.watch()
        except Stopped:
            pass
        except StackFailure as error:
            failure = str(error)
        finally:
            if supervisor.running:
                self._say("Stopping; Ctrl-C again does not wait.")
            supervisor.stop()
            folder.close()
        if failure:
            raise CommandError(failure)
        self._say("Stopped. The data stay, for the next start.")

    def _start(self, supervisor: Supervisor, folder: Folder, ports: Ports, workers: dict[str, int]) -> None:
        """Start the servers, migrate, start the rest; say where everything is."""
        env = prepare(folder, ports)
        names = []
        settings.STATIC_ROOT.mkdir(exist_ok=True)  # empty: files are found where they are; without it whitenoise warns
        for service in all_services(folder, ports, env, **workers):
            supervisor.start(service)
            names.append(service.name)
            if service.name == SERVERS[-1]:
                command = (sys.executable, "manage.py", "migrate", "--verbosity", "0")
                supervisor.run_step("migrate", command, env)
        if "beat" not in names:
            self._say(NO_BEAT)
        self._say(READY.format(port=ports.web, logs=folder.logs, environment=folder.environment))

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
