"""The parts of a snapshot as files."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from math import sqrt
from typing import Any

from analysis.figures.paint import paint
from analysis.forests import forest_of
from analysis.reading import Reading

COLUMNS = (
    *("study", "label", "year", "measure", "yi", "vi", "se", "ci_lower", "ci_upper", "weight", "n1", "n2", "week"),
    *("instrument", "experimental", "comparator", "rob_overall", "sources", "cautions"),
)
# A spreadsheet takes a cell that begins so for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# What journals ask of pictures made of dots.
PRINT_DOTS = 300


class NoSuchFile(LookupError):
    """A snapshot has no file of this name."""


def file_of(reading: Reading, what: str, columns: Sequence[str] | None = None) -> tuple[str | bytes, str]:
    """Give a file of a snapshot: its content and its media type.

    Parameters
    ----------
    columns : what stands beside the rows of a forest plot; None: what is saved with the analysis

    Raises
    ------
    NoSuchFile : there is no such file, or the snapshot has nothing to put into it
    """
    if what in FIGURES:
        return _forest(reading, what, columns), FIGURES[what]
    if what not in FILES:
        raise NoSuchFile(what)
    media_type, write = FILES[what]
    return write(reading), media_type


def names_of_files(reading: Reading) -> list[str]:
    """Give the names of the files that a snapshot has."""
    return [*FILES, *(FIGURES if reading.pooling.get("figures") else ())]


def _manifest(reading: Reading) -> str:
    return reading.snapshot.manifest


def _dataset(reading: Reading) -> str:
    return reading.snapshot.dataset.content


def _results(reading: Reading) -> str:
    runs = {
        name: {
            "key": run.key,
            "plugin_version": run.plugin_version,
            "params": json.loads(run.params),
            "environment": json.loads(run.environment),
            "result_digest": run.result_digest,
            "result": reading.results[name],
        }
        for name, run in reading.runs.items()
    }
    return json.dumps({"snapshot": reading.snapshot.digest, "runs": runs}, indent=2, ensure_ascii=False)


def _effects(reading: Reading) -> str:
    """Give the effects as CSV: unrounded, on the scale of the measure (ratios: natural logs)."""
    pooled = {row["effect"]: row for row in reading.pooling.get("studies", ())}
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for effect in reading.dataset["effects"]:
        alone = pooled.get(effect["id"], {})
        row = effect | {name: alone.get(name) for name in ("ci_lower", "ci_upper", "weight")}
        row |= {
            "measure": reading.dataset["measure"],
            "se": sqrt(effect["vi"]),
            "instrument": effect["facts"].get("instrument"),
            "rob_overall": effect["rob"].get("overall"),
            "sources": "; ".join(effect["sources"]),
            "cautions": "; ".join(effect["cautions"]),
        }
        writer.writerow([_cell(row.get(name)) for name in COLUMNS])
    return file.getvalue()


def _cell(value: Any) -> Any:
    is_formula = isinstance(value, str) and value.startswith(FORMULA_STARTS)
    return f"'{value}" if is_formula else value


def _forest(reading: Reading, what: str, columns: Sequence[str] | None) -> str | bytes:
    """Give the forest plot as a drawing, or painted for print."""
    forest = forest_of(reading, columns)
    if forest is None:
        raise NoSuchFile(what)
    kind = what.rpartition(".")[2]
    return forest.svg if kind == "svg" else paint(forest.svg, kind=kind, dots=PRINT_DOTS)


FILES: dict[str, tuple[str, Callable[[Reading], str]]] = {
    "manifest.json": ("application/json", _manifest),
    "dataset.json": ("application/json", _dataset),
    "results.json": ("application/json", _results),
    "effects.csv": ("text/csv; charset=utf-8", _effects),
}
FIGURES = {"forest.svg": "image/svg+xml", "forest.pdf": "application/pdf", "forest.png": "image/png"}
