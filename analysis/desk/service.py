"""From the bytes of a table to the text of the answer."""

import json
from typing import Any

from analysis.desk.fitting import answer
from analysis.desk.layout import fitting
from analysis.desk.lines import study_rows
from analysis.desk.measures import how_shown
from analysis.desk.measuring import Sample, explain, measure
from analysis.desk.options import Options
from analysis.desk.report import write_report
from analysis.desk.table import read_table
from analysis.engine.errors import EngineError


def respond(content: bytes, options: Options, *, encoding: str, width: int) -> str:
    """Give the report, or the JSON object, and write the figure.

    Raises
    ------
    Refusal : the table or the studies do not allow an answer, or the figure cannot be written
    """
    sample = measure(read_table(content), options)
    found = _answer(sample, options)
    shown = how_shown(sample.measure, exp=options.exp, digits=options.digits)
    shown = shown.fitted_to(end for row in study_rows(found) for end in (row["ci_lower"], row["ci_upper"]))
    text = _json(found) if options.json else write_report(found, shown, subgroup=sample.subgroup, width=width)
    if options.figure:
        # What draws is slow to load, and only who asks for a figure waits for it.
        from analysis.desk.figure import write_figure

        write_figure(options.figure, found, shown, subgroup=sample.subgroup)
    return fitting(text, encoding)


def _answer(sample: Sample, options: Options) -> dict[str, Any]:
    """Give the answer; what the engine refuses is refused with the line of the file."""
    try:
        return answer(sample, options)
    except EngineError as error:
        raise explain(
            error, columns={**sample.columns, **{name: name for name in sample.mods}}, lines=sample.lines
        ) from error


def _json(found: dict[str, Any]) -> str:
    """Give one JSON object, in plain letters, numbers with all their digits."""
    return json.dumps(found, allow_nan=False) + "\n"
