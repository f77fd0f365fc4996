"""`manage.py verify`: is everything that is stored still what it was, and does it compute again?"""

import json
import secrets
import sys
import time
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from analysis.models import Analysis
from analysis.verification import (
    CHECKS,
    Checked,
    NothingFound,
    Selection,
    Verdict,
    check_chains,
    check_sign_offs,
    find_head,
    select,
    take_sample,
)

UNCHANGED = "Everything stored is unchanged and computes again to the same numbers."
EXCUSED = (
    "Nothing stored was changed. {count} runs do not compute to the same here, because a plugin was replaced or is "
    "gone."
)
DISCREPANCIES = "{count} discrepancies found: what is stored was changed, or computes differently here."
STRICT = "{count} discrepancies found; --strict counts plugins that were replaced or are gone."
NOT_A_CHAIN = "{count} findings: the chain of snapshots is not what it was."
UNKNOWN_HEAD = "The head {digest} is part of no chain: the chain was rewritten, or belongs to another database."


class Command(BaseCommand):
    """Recompute stored runs and check every digest, or check the chain of snapshots."""

    help = (
        "Recomputes stored runs with the plugins at hand and checks every digest; with --chain, checks that each "
        "snapshot names its predecessor. Exit status 1 on a discrepancy."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to check, and how to say it."""
        parser.add_argument(
            "what",
            nargs="*",
            help="REVIEW, or REVIEW ANALYSIS, or REVIEW ANALYSIS NUMBER, or the digest or key of one row or its "
            "beginning; without it, everything",
        )
        parser.add_argument("--sample", type=int, metavar="N", help="check N runs chosen at random, and their inputs")
        parser.add_argument("--seed", type=int, help="which random runs; printed, so that they can be chosen again")
        parser.add_argument("--strict", action="store_true", help="a plugin that was replaced or is gone is an error")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
        parser.add_argument("--chain", action="store_true", help="check the chain of snapshots only; print the heads")
        parser.add_argument(
            "--head",
            action="append",
            default=[],
            metavar="DIGEST",
            help="a head that was noted earlier has to be part of the chain; repeat for more; implies --chain",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check rows or chains."""
        started = time.perf_counter()
        try:
            selection = select(options["what"])
        except NothingFound as error:
            raise CommandError(str(error)) from error
        self.quiet = options["json"]
        if options["chain"] or options["head"]:
            self._chains(options)
            return
        seed = options["seed"]
        if options["sample"] is not None:
            if options["sample"] < 1:
                raise CommandError("--sample takes the number of runs to check, 1 or more.")
            seed = secrets.randbelow(10**6) if seed is None else seed
            selection = take_sample(selection, size=options["sample"], seed=seed)
            self._say(f"A sample of at most {options['sample']} runs, chosen by seed {seed}")
        self._rows(selection, options, seed=seed, started=started)

    def _rows(self, selection: Selection, options: dict[str, Any], *, seed: int | None, started: float) -> None:
        """Check the rows of each kind, say what was found, and end with the count and the time."""
        found: list[Checked] = []
        for kind, check in CHECKS.items():
            found += self._kind(kind, check, selection, speak_of_all=bool(options["what"]))
        seconds = time.perf_counter() - started
        errors = [row for row in found if row.outcome.is_error]
        excused = [row for row in found if not row.outcome.is_error and row.outcome.verdict != Verdict.SAME]
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(found, seconds=seconds, seed=seed), indent=1, ensure_ascii=False))
        runs = Counter(str(row.outcome.verdict) for row in found if row.kind == "run")
        counts = ", ".join(f"{runs[str(verdict)]} {verdict}" for verdict in Verdict)
        self._say(f"{len(found)} rows checked, {sum(runs.values())} runs computed again ({counts}), in {seconds:.1f} s")
        if errors:
            raise CommandError(DISCREPANCIES.format(count=sum(len(row.outcome.sentences) for row in errors)))
        if excused and options["strict"]:
            raise CommandError(STRICT.format(count=len(excused)))
        self._say(self.style.SUCCESS(EXCUSED.format(count=len(excused)) if excused else UNCHANGED))

    def _kind(self, kind: str, check: Any, selection: Selection, *, speak_of_all: bool) -> list[Checked]:
        """Check the rows of one kind with a sign of progress; name a run that agrees only where it was asked for."""
        rows = selection.rows(kind)
        total = rows.count()
        found = []
        for row in check(rows.iterator()):
            found.append(row)
            verdict = row.outcome.verdict
            style = self.style.ERROR if row.outcome.is_error else self.style.WARNING
            for sentence in row.outcome.sentences:
                self._say(style(f"{row.what}: {sentence}") if verdict != Verdict.SAME else f"{row.what}: {sentence}")
            if speak_of_all and kind == "runs" and not row.outcome.sentences:
                self._say(f"{row.what}: same")
            self._progress(kind, len(found), total)
        wrong = sum(row.outcome.verdict != Verdict.SAME for row in found)
        nothing = "none to check" if selection.is_part else "none stored"
        agree = "all agree" if not wrong else f"{wrong} do not agree"
        self._say(f"{len(found):>6} {kind:<10} {agree if found else nothing}")
        return found

    def _chains(self, options: dict[str, Any]) -> None:
        """Check the chains of the named analyses and their sign-offs; print heads, and where noted heads stand."""
        analyses = Analysis.objects.select_related("review").order_by("review__slug", "slug")
        for field, word in zip(("review__slug", "slug"), options["what"], strict=False):
            analyses = analyses.filter(**{field: word})
        chains = list(check_chains(analyses))
        findings = [f"{row.review} {row.analysis}: {sentence}" for row in chains for sentence in row.findings]
        findings += check_sign_offs(analyses)
        for row in chains:
            state = f"head {row.head}" if not row.findings else f"broken: {row.findings[0]}"
            self._say(f"{row.review} {row.analysis}: {row.length} snapshots, {state}")
        for digest in options["head"]:
            place = find_head(chains, digest.lower())
            if place is None:
                findings.append(UNKNOWN_HEAD.format(digest=digest))
                continue
            chain, number = place
            later = sum(other > number for other in chain.numbers.values())
            self._say(f"{digest} is snapshot {number} of {chain.review} {chain.analysis}; {later} came after it")
        if options["json"]:
            self.stdout.write(json.dumps(_chains_as_json(chains, findings), indent=1, ensure_ascii=False))
        for sentence in findings:
            self._say(self.style.ERROR(sentence))
        if findings:
            raise CommandError(NOT_A_CHAIN.format(count=len(findings)))
        self._say(self.style.SUCCESS(f"{len(chains)} chains are whole." if chains else "No snapshot is stored."))

    def _say(self, text: str) -> None:
        if not self.quiet:
            self._clear()
            self.stdout.write(text)

    def _progress(self, name: str, done: int, total: int) -> None:
        if sys.stdout.isatty() and not self.quiet:
            self.stdout.write(f"\r{name}: {done} of {total}", ending="")
            self.stdout.flush()

    def _clear(self) -> None:
        if sys.stdout.isatty():
            self.stdout.write("\r\033[K", ending="")


def _as_json(found: list[Checked], *, seconds: float, seed: int | None) -> dict[str, Any]:
    """Give what was checked as plain data."""
    counts = Counter((row.kind, str(row.outcome.verdict)) for row in found)
    return {
        "seconds": round(seconds, 3),
        "seed": seed,
        "counts": [{"kind": kind, "verdict": verdict, "count": n} for (kind, verdict), n in sorted(counts.items())],
        "rows": [
            {
                "kind": row.kind,
                "digest": row.digest,
                "what": row.what,
                "verdict": str(row.outcome.verdict),
                "is_error": row.outcome.is_error,
                "path": row.outcome.path,
                "relative_difference": row.outcome.relative_difference,
                "sentences": list(row.outcome.sentences),
            }
            for row in found
        ],
    }


def _chains_as_json(chains: list[Any], findings: list[str]) -> dict[str, Any]:
    """Give chains as plain data."""
    names = ("review", "analysis", "length", "head", "findings")
    return {"chains": [{name: getattr(row, name) for name in names} for row in chains], "findings": findings}
