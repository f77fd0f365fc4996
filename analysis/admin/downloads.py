"""The parts of a snapshot as files."""

import csv
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from math import sqrt
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from analysis.bundling.scripting import script_zip
from analysis.figures.paint import paint
from analysis.forests import forest_of
from analysis.reading import Reading, svg_of

COLUMNS = (
    *("study", "label", "year", "measure", "yi", "vi", "se", "ci_lower", "ci_upper", "weight", "n1", "n2", "week"),
    *("instrument", "experimental", "comparator", "rob_overall", "sources", "cautions"),
)
# A spreadsheet takes a cell that begins so for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# What journals ask of pictures made of dots.
PRINT_DOTS = 300


# A figure by its plugin, its place among the figures of the result, and the kind of file.
FIGURE_NAME = re.compile(r"(?P<plugin>[a-z][a-z0-9_]*)-(?P<number>[1-9][0-9]?)\.(?P<kind>svg|pdf|png)")
FIGURE_TYPES = {"svg": "image/svg+xml", "pdf": "application/pdf", "png": "image/png"}


class NoSuchFile(LookupError):
    """A snapshot has no file of this name."""


def figure_of(results: Mapping[str, Mapping[str, Any]], name: str) -> tuple[bytes, str]:
    """Give a figure of any plugin as a file: its bytes and its media type; equal results give equal bytes.

    Parameters
    ----------
    results : results by plugin
    name : such as network-1.pdf

    Raises
    ------
    NoSuchFile : there is no such figure, or nothing to draw in it
    """
    asked = FIGURE_NAME.fullmatch(name)
    result = results.get(asked["plugin"]) if asked else None
    if asked is None or result is None:
        raise NoSuchFile(name)
    figures = result.get("figures", ())
    number, kind = int(asked["number"]), asked["kind"]
    svg = svg_of(figures[number - 1], result) if number <= len(figures) else ""
    if not svg:
        raise NoSuchFile(name)
    return svg.encode() if kind == "svg" else paint(svg, kind=kind, dots=PRINT_DOTS), FIGURE_TYPES[kind]


def figures_at(owner: str, pk: int) -> str:
    """Give the address before the names of figures, of a snapshot or a run."""
    return reverse(f"admin:analysis_{owner}_figure", args=[pk, "NAME"]).removesuffix("NAME")


def attachment(content: str | bytes, media_type: str, name: str) -> HttpResponse:
    """Give a file to be kept."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=media_type, headers=headers)


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


FILES: dict[str, tuple[str, Callable[[Reading], str | bytes]]] = {
    "manifest.json": ("application/json", _manifest),
    "dataset.json": ("application/json", _dataset),
    "results.json": ("application/json", _results),
    "effects.csv": ("text/csv; charset=utf-8", _effects),
    "recompute-r.zip": ("application/zip", lambda reading: script_zip(reading, "r")),
    "recompute-python.zip": ("application/zip", lambda reading: script_zip(reading, "python")),
}
FIGURES = {f"forest.{kind}": media_type for kind, media_type in FIGURE_TYPES.items()}
