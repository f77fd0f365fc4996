"""Mixed reading and writing by 50 connections at once, then the same while the web server is ended twice.

`python -m tests.bench.api load`: PostgreSQL and gunicorn as in deploy/, all on this machine together with the program
that asks. Of ten requests seven read and three write. Prints medians and 95th percentiles as a Markdown table. In the
second part the server is told to end (SIGTERM) after a third of the time, killed (SIGKILL) a third later, and started
again each time; a program whose connection breaks sends its request again, a new row with the same Idempotency-Key.
Afterwards every write that was answered with success has to be in the database, once.
"""

import argparse
import asyncio
import os
import signal
import statistics
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx
import psycopg

from tests.bench.api.site import Databases, Site, running
from tests.bench.api.world import REVIEW
from tests.bench.throughput.__main__ import describe_machine, print_line, print_row
from tests.servers import postgres

CONNECTIONS, SECONDS, PATIENCE = 50, 30.0, 60.0
HEADINGS = ("Requests", "Number", "A second", "Median", "95%", "Longest", "Errors")
READS = (
    "studies/?review=lbp&page_size=20&fields=id,code,year",
    "arm-results/?review=lbp&is_consensus=true&page_size=20",
    "studies/{key}/",
    "outcomes/?review=lbp",
    "effects/?review=lbp&outcome=pain&page_size=10",
    "studies/{key}/history/?page_size=5",
    "extractions/?review=lbp&page_size=20",
)
STORED = "SELECT code, note FROM evidence_study WHERE code LIKE 'Load%'"
MADE = (
    "SELECT code, count(*) FROM evidence_historicalstudy WHERE code LIKE 'Load%' AND history_type = '+' GROUP BY code"
)


@dataclass
class Told:
    """What the programs were answered."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    notes: dict[str, str] = field(default_factory=dict)
    broken: int = 0


class Asker:
    """One program with one connection: reads, makes a study, and changes it."""

    def __init__(self, number: int, client: httpx.AsyncClient, told: Told, end: float) -> None:
        self.number, self.client, self.told, self.end = number, client, told, end

    async def ask_on(self) -> None:
        """Send ten requests after each other, again and again until the time is over."""
        turn = 0
        while perf_counter() < self.end:
            turn += 1
            code = f"Load_{self.number}_{turn}"
            sent = {"review": REVIEW, "code": code, "label": code, "note": "made"}
            made = await self.ask("make", "POST", "studies/", sent, 201, {"Idempotency-Key": code})
            if made is None:
                continue
            self.told.notes[code] = "made"
            key, tag = made.json()["id"], made.headers["ETag"]
            for number in range(2):
                note = f"change {number}"
                changed = await self.change(key, code, note, tag)
                tag = changed.headers["ETag"] if changed is not None else tag
            for path in READS:
                if perf_counter() < self.end:
                    await self.ask("read", "GET", path.format(key=key), None, 200, {})

    async def change(self, key: int, code: str, note: str, tag: str) -> httpx.Response | None:
        """Change the note of a study from a known version."""
        found = await self.ask("change", "PATCH", f"studies/{key}/", {"note": note}, 200, {"If-Match": tag}, note=note)
        if found is not None:
            self.told.notes[code] = note
        return found

    async def ask(
        self, kind: str, method: str, path: str, body: Any, wanted: int, headers: dict[str, str], note: str = ""
    ) -> httpx.Response | None:
        """Send a request, again where the connection breaks; give the answer where it is the one that is wanted."""
        is_again, start = False, perf_counter()
        while perf_counter() < start + PATIENCE:
            begun = perf_counter()
            try:
                found = await self.client.request(method, path, json=body, headers=headers)
            except httpx.TransportError:
                self.told.broken += 1
                is_again = True
                await asyncio.sleep(0.2)
                continue
            self.told.times[kind].append(perf_counter() - begun)
            if is_again and found.status_code == 412 and found.json()["current"]["note"] == note:
                # The change was saved before the connection broke; its version is told in the refusal.
                return httpx.Response(200, headers={"ETag": found.json()["etag"]}, json=found.json()["current"])
            if found.status_code == wanted:
                return found
            self.told.errors[f"{kind} {found.status_code}"] += 1
            return None
        self.told.errors[f"{kind} no answer"] += 1
        return None


def main(arguments: list[str]) -> int:
    """Measure both parts; give 1 where a request failed or a write is lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.api load", description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="length of each part")
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, postgres() as url:
        databases = Databases(url)
        token = databases.fill()["tokens"]["owner"]
        print_line(f"{describe_machine()}\n\n{options.connections} connections, {options.seconds:.0f} s.\n")
        calm = measure(databases.copy("calm"), Path(folder) / "calm.log", token, options, is_ended=False)
        print_line("\nThe same while the server is ended and killed:\n")
        rough = measure(databases.copy("rough"), Path(folder) / "rough.log", token, options, is_ended=True)
    return int(calm + rough > 0)


def measure(database: str, log: Path, token: str, options: Any, *, is_ended: bool) -> int:
    """Let programs ask, print what they were answered; give how many requests failed or writes were lost."""
    told = Told()
    with running(database, log) as site:
        start = perf_counter()
        asyncio.run(ask_all(site, told, token, options, is_ended=is_ended))
        seconds = perf_counter() - start
    print_row(HEADINGS, is_head=True)
    for kind in (*told.times, "all"):
        times = sorted(told.times[kind] if kind != "all" else [one for some in told.times.values() for one in some])
        errors = sum(n for name, n in told.errors.items() if kind in ("all", name.split()[0]))
        print_row((kind, f"{len(times):,}", f"{len(times) / seconds:.0f}", *spread(times), str(errors)))
        told.times.pop("all", None)
    lost, doubled = missing(database, told.notes)
    print_line(
        f"\n{len(told.notes):,} studies were made; {len(lost)} of them are not there as answered, {len(doubled)} are "
        f"there twice; {told.broken:,} connections broke. {dict(told.errors) or 'No error'}."
    )
    return sum(told.errors.values()) + len(lost) + len(doubled)


def spread(times: list[float]) -> tuple[str, str, str]:
    """Give the median, the 95th percentile and the longest of sorted times."""
    if not times:
        return "", "", ""
    median, late = statistics.median(times), times[min(len(times) - 1, int(0.95 * len(times)))]
    return f"{1000 * median:.0f} ms", f"{1000 * late:.0f} ms", f"{1000 * times[-1]:.0f} ms"


async def ask_all(site: Site, told: Told, token: str, options: Any, *, is_ended: bool) -> None:
    """Let all programs ask at once; end the server twice where that is to be seen."""
    end = perf_counter() + options.seconds
    limits = httpx.Limits(max_connections=options.connections, max_keepalive_connections=options.connections)
    headers = {"Authorization": f"Bearer {token}"}
    base = f"{site.address}/api/v1/"
    async with httpx.AsyncClient(base_url=base, headers=headers, limits=limits, timeout=PATIENCE) as client:
        asking = [Asker(number, client, told, end).ask_on() for number in range(options.connections)]
        ending = [end_twice(site, options.seconds)] if is_ended else []
        await asyncio.gather(*asking, *ending)


async def end_twice(site: Site, seconds: float) -> None:
    """Tell the server to end, later kill it with all its processes; start it again each time."""
    for signal_sent in (signal.SIGTERM, signal.SIGKILL):
        await asyncio.sleep(seconds / 3)
        assert site.process is not None
        if signal_sent == signal.SIGTERM:
            site.process.terminate()
        else:
            os.killpg(site.process.pid, signal_sent)  # its own session, started by Site
        await asyncio.to_thread(site.process.wait)
        await asyncio.to_thread(site.start)


def missing(database: str, notes: dict[str, str]) -> tuple[list[str], list[str]]:
    """Give the studies that are not stored as they were answered, and those that were made more than once."""
    with psycopg.connect(database) as connection:
        stored: dict[str, str] = dict(connection.execute(STORED).fetchall())
        made: dict[str, int] = dict(connection.execute(MADE).fetchall())
    return (
        [code for code, note in notes.items() if stored.get(code) != note],
        [code for code in notes if made.get(code) != 1],
    )
