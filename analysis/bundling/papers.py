"""The files of a bundle that people and other programs read: README, effects as CSV, an R script, requirements."""

import csv
import io
import json
from importlib.resources import files
from typing import Any

from analysis.bundling.script import write_python_script, write_script

OWN_COLUMNS = ("id", "study", "label", "year", "yi", "vi", "n1", "n2", "week", "experimental", "comparator")
# A spreadsheet takes a text that begins so for a formula.
FORMULA_SIGNS = ("=", "+", "-", "@")
REQUIREMENTS_HEAD = "# The versions that the runs of this snapshot were computed with, on Python {python}.\n"
ALSO = "  # also {others}"


def derived_texts(
    *,
    snapshot: str,
    manifest: dict[str, Any],
    dataset: dict[str, Any],
    versions: dict[str, str],
    environments: list[dict[str, str]],
    results: dict[str, Any],
    params: dict[str, Any],
) -> dict[str, str]:
    """Give the texts that follow from the parts of a bundle, by name of the file."""
    content = manifest["content"]
    readme = (files("analysis.bundling") / "README.txt").read_text(encoding="utf-8")
    return {
        "README.md": readme.format(
            review=content["review"],
            analysis=content["analysis"],
            number=manifest["number"],
            digest=snapshot,
            previous=manifest["previous"] or "none: it is the first",
            measure=dataset["measure"],
            k=len(dataset["effects"]),
            plugins=", ".join(f"{name} {version}" for name, version in versions.items()),
        ),
        "effects.csv": write_effects(dataset["effects"]),
        "recompute.R": write_script(results, params, dataset),
        "recompute.py": write_python_script(results, params, dataset),
        "requirements.txt": write_requirements(environments),
        "plugins.json": json.dumps(versions, indent=1, sort_keys=True) + "\n",
    }


def write_effects(effects: list[dict[str, Any]]) -> str:
    """Give effects as CSV: one row each, numbers to the last digit, the numbers of both groups by metafor's names."""
    columns = sorted({name for effect in effects for name in effect["columns"]} - set(OWN_COLUMNS))
    buffer = io.StringIO()
    rows = csv.writer(buffer, lineterminator="\n")
    rows.writerow([*OWN_COLUMNS, *columns])
    for effect in effects:
        own = [effect[name] for name in OWN_COLUMNS]
        rows.writerow([_cell(value) for value in [*own, *(effect["columns"].get(name) for name in columns)]])
    return buffer.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA_SIGNS) else value
    return repr(value)


def write_requirements(environments: list[dict[str, str]]) -> str:
    """Give the packages that computed the runs; where runs differ, the version of the last and the others beside it."""
    lines = []
    pythons = ", ".join(sorted({row["python"] for row in environments if "python" in row})) or "unknown"
    for name in sorted({name for row in environments for name in row} - {"python", "machine"}):
        found = list(dict.fromkeys(row[name] for row in reversed(environments) if name in row))
        lines.append(f"{name}=={found[0]}{ALSO.format(others=', '.join(found[1:])) if found[1:] else ''}\n")
    return REQUIREMENTS_HEAD.format(python=pythons) + "".join(lines)
