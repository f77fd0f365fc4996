"""Let schemathesis make up requests to the live site as each role: `python -m tests.bench.api generate`.

Each role has a copy of the same database, so that what one writes changes nothing for the next. All checks and the
stateful phase are on; beside them hooks.py sees that nothing of a review tells of itself to somebody who is not in it,
and in the end that review has to be as it was.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.api.site import ROOT, Databases, ask_world, env_for, running
from tests.bench.api.world import ELSEWHERE, NOBODY, OUTSIDER, ROLES
from tests.bench.throughput.__main__ import print_line, print_row
from tests.servers import postgres

HERE = Path(__file__).resolve().parent
EVERYBODY = (NOBODY, OUTSIDER, *ROLES)
HEADINGS = ("Role", "Cases", "Answered 2xx or 304", "Refused 4xx", "5xx", "Failures")


def main(arguments: list[str]) -> int:
    """Try every role, print a table, give 1 where something failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.api generate", description=__doc__)
    parser.add_argument("--program", default="schemathesis", help="the program schemathesis")
    parser.add_argument("--roles", nargs="+", default=list(EVERYBODY), choices=EVERYBODY)
    parser.add_argument("--examples", type=int, default=25, help="cases of each address in the phase of fuzzing")
    parser.add_argument("--phases", default="examples,coverage,fuzzing,stateful", help="phases of schemathesis")
    parser.add_argument("--seed", type=int, default=9, help="seed of the generator")
    parser.add_argument("--keep", type=Path, help="folder for reports and logs, kept")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, postgres() as url:
        place = options.keep or Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        databases = Databases(url)
        world = databases.fill()
        before = ask_world(databases.copy("untouched"), "--digest")
        print_row(HEADINGS, is_head=True)
        total, has_failed = 0, False
        for role in options.roles:
            database = databases.copy(f"trial_{role}")
            counts, failures = try_role(role, database, world, place, options)
            is_untouched = ask_world(database, "--digest") == before
            total += print_counts(role, counts, failures + (not is_untouched))
            has_failed |= failures > 0 or not is_untouched or not counts
        print_line(f"\n{total:,} cases in all.")
    return int(has_failed)


def try_role(role: str, database: str, world: Any, place: Path, options: Any) -> tuple[dict[str, int], int]:
    """Run the generator as a role; give the numbers of answers by status, and of failures."""
    trial, log = place / f"{role}.json", place / f"{role}-server.log"
    token = world["tokens"].get(role, "")
    own, unseen = ({}, {**world["own"]}) if role == OUTSIDER else (world["own"], world["unseen"])
    if role == OUTSIDER:
        unseen = {word: [*keys, *world["unseen"].get(word, ())] for word, keys in unseen.items()}
    told = {"own": own, "unseen": unseen, "mark": ELSEWHERE, "slugs": world["slugs"], "token": token}
    trial.write_text(json.dumps(told), encoding="utf-8")
    with running(database, log) as site:
        command = [options.program, "--config-file", str(HERE / "generator.toml"), "run"]
        command += [f"--url={site.address}", "--checks=all", f"--phases={options.phases}"]
        command += [f"--max-examples={options.examples}", f"--seed={options.seed}", "--continue-on-failure"]
        command += ["--suppress-health-check=all", "--request-timeout=120", "--no-color", "--warnings=off"]
        if token:
            command.append(f"--header=Authorization:Bearer {token}")
        env = {**os.environ, "SCHEMATHESIS_HOOKS": str(HERE / "hooks.py"), "QUORUM_TRIAL": str(trial)}
        command.append(describe(database, place))
        done = subprocess.run(command, cwd=place, env=env, capture_output=True, text=True, check=False)
    (place / f"{role}.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    counts = trial.with_suffix(".counts")
    failures = len(re.findall(r"^_+ .* _+$", done.stdout, re.MULTILINE)) or int(done.returncode != 0)
    return json.loads(counts.read_text()) if counts.exists() else {}, failures


def describe(database: str, place: Path) -> str:
    """Write the description of the interface to a file: without a token nobody reads it from the site."""
    path = place / "openapi.json"
    if not path.exists():
        command = [sys.executable, "manage.py", "spectacular", "--format", "openapi-json", "--file", str(path)]
        subprocess.run(command, cwd=ROOT, env=env_for(database), check=True)
    return str(path)


def print_counts(role: str, counts: dict[str, int], failures: int) -> int:
    """Print a line of the table; give the number of cases."""
    total = sum(counts.values())
    classes = {first: sum(n for status, n in counts.items() if status[0] == first) for first in "2345"}
    done = (classes["2"] + classes["3"], classes["4"], classes["5"], failures)
    print_row((role, f"{total:,}", *(f"{number:,}" for number in done)))
    return total
