"""Scripts that recompute a snapshot from its table of effects: with metafor, and with the engine alone."""

import json
from collections.abc import Mapping
from typing import Any

from analysis.bundling.checks import Check, checks_of

HEAD = """# Recomputes results from effects.csv with metafor, and prints both. Run it beside effects.csv.
effects <- read.csv("effects.csv", colClasses = c(id = "character", study = "character"))
"""
NOTHING_STORED = "This analysis does not pool: it has no step “pooling”."
NOTHING_POOLED = "Nothing was pooled."
NOT_COVERED = "This script does not recompute the model “{model}”; its numbers are in runs/pooling/result.json."
NOT_RECOMPUTED = "Not recomputed here, see the results of the snapshot: {names}."
BODY = """suppressMessages(library(metafor))
worst <- 0
show <- function(title, stored, metafor) {
  cat("\\n", title, "\\n", sep = "")
  digits <- function(values) formatC(values, digits = 15, width = 24, format = "g")
  cat(sprintf("%-34s%24s%24s%14s\\n", "", "stored", "metafor", "difference"))
  cat(sprintf("%-34s%s%s%14.1e\\n", names(stored), digits(stored), digits(metafor), metafor - stored), sep = "")
  worst <<- max(worst, abs(metafor - stored) / pmax(abs(stored), 1e-3))
}
"""
FOOT = 'cat(sprintf("\\nLargest difference, relative: %.1e (metafor %s)\\n", worst, packageVersion("metafor")))\n'
PYTHON_HEAD = '''"""Recomputes results from effects.csv with Quorum's engine, and prints both; it needs no database."""

import csv
from pathlib import Path

import numpy as np

from analysis import engine

with (Path(__file__).parent / "effects.csv").open(encoding="utf-8", newline="") as file:
    rows = list(csv.DictReader(file))
yi, vi = (np.array([float(row[name]) for row in rows]) for name in ("yi", "vi"))
worst = 0.0


def column(name):
    return np.array([float(row[name]) for row in rows])


def show(title, stored, found):
    global worst
    print(f"\\n{title}\\n{'':34}{'stored':>24}{'engine':>24}{'difference':>14}")
    for name, value in stored.items():
        again = float(found[name])
        print(f"{name:34}{value:>24.15g}{again:>24.15g}{again - value:>14.1e}")
        worst = max(worst, abs(again - value) / max(abs(value), 1e-3))


'''
PYTHON_FOOT = 'print(f"\\nLargest difference, relative: {worst:.1e}")\n'
R_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": " ", "\r": " ", "`": "'"}
# What no script recomputes by itself: it restates other results, describes, or needs more than effects.
RESTATING = ("grade", "summary")


def write_script(
    results: Mapping[str, Mapping[str, Any]], params: Mapping[str, Mapping[str, Any]], dataset: Mapping[str, Any]
) -> str:
    """Give the script in R for the results of a snapshot, as plain data by plugin."""
    checks = checks_of(results, params, dataset)
    parts = [HEAD, *(f"cat({_r(sentence)}, fill = TRUE)\n" for sentence in remarks(results, checks))]
    return "".join([*parts, BODY, *map(_in_r, checks), FOOT] if checks else parts)


def write_python_script(
    results: Mapping[str, Mapping[str, Any]], params: Mapping[str, Mapping[str, Any]], dataset: Mapping[str, Any]
) -> str:
    """Give the script in Python, which needs the engine and no database, for the results of a snapshot."""
    checks = checks_of(results, params, dataset)
    said = [f"print({sentence!r})\n" for sentence in remarks(results, checks)]
    return "".join([PYTHON_HEAD, *said, *map(_in_python, checks), PYTHON_FOOT])


def remarks(results: Mapping[str, Mapping[str, Any]], checks: list[Check]) -> list[str]:
    """Say of which results nothing is recomputed."""
    covered = {check.title.split(",")[0] for check in checks}
    said, pooling = [], results.get("pooling")
    if pooling is None:
        said.append(NOTHING_STORED)
    elif pooling.get("estimate") is None:
        said.append(NOTHING_POOLED)
    elif "pooling" not in covered:
        said.append(NOT_COVERED.format(model=pooling.get("method")))
    others = sorted(results.keys() - covered - {"pooling", *RESTATING})
    return [*said, NOT_RECOMPUTED.format(names=", ".join(others))] if others else said


def _in_r(check: Check) -> str:
    names = [name for name in check.stored if name in check.r_values]
    stored = ", ".join(f"{_r(name)} = {check.stored[name]!r}" for name in names)
    found = ", ".join(f"as.numeric({check.r_values[name]})" for name in names)
    lines = check.r.replace("fit <- rma(", "fit <- suppressWarnings(rma(")
    lines = "\n".join(f"{line})" if "suppressWarnings(rma(" in line else line for line in lines.split("\n"))
    return f"\n{lines}\nshow({_r(check.title)}, c({stored}), c({found}))\n"


def _r(text: str) -> str:
    """Give a text as R writes it."""
    return '"' + "".join(R_ESCAPES.get(letter, letter) for letter in text) + '"'


def _in_python(check: Check) -> str:
    found = ", ".join(f"{json.dumps(name)}: {check.python_values[name]}" for name in check.stored)
    return f"\n{check.python}\nshow({check.title!r}, {check.stored!r}, {{{found}}})\n"
