"""Effects and sampling variances made from the columns of a table."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.desk.cells import NUMBER, keep_complete, numbers
from analysis.desk.choosing import Choice, choose
from analysis.desk.options import Options
from analysis.desk.refusal import Refusal
from analysis.desk.table import Table
from analysis.engine.effects import escalc
from analysis.engine.errors import EngineError

# Columns that name the studies, the first that is there; an author is joined by the year.
LABELS = ("slab", "study", "label", "author", "name", "trial", "id")
AUTHOR, YEAR = "author", "year"
AT_INDEX = re.compile(r" at index \d+")


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The studies of a table, ready for the engine.

    Attributes
    ----------
    measure : its short name, as in metafor
    columns : the column of the table for each of metafor's names, as in {"m1i": "mean_treated"}
    slab : names of the studies
    yi, vi : arrays of shape (k,)  effects and sampling variances
    lines : lines of the file
    mods : moderators by name, numbers or texts; None for an interaction of two others
    subgroup, cluster : texts of shape (k,), None where not asked for
    notes : sentences for the reader
    """

    measure: str
    columns: Mapping[str, str]
    slab: tuple[str, ...]
    yi: NDArray[np.float64]
    vi: NDArray[np.float64]
    lines: tuple[int, ...]
    mods: Mapping[str, list[float] | list[str] | None]
    subgroup: list[str] | None
    cluster: list[str] | None
    notes: tuple[str, ...]

    @property
    def k(self) -> int:
        """Number of studies."""
        return len(self.slab)


def measure(table: Table, options: Options) -> Sample:
    """Give the studies of a table.

    Raises
    ------
    Refusal : a column, a measure or a number that is not there or cannot be right
    """
    choice = choose(table, options)
    terms = _terms(table, options.moderators)
    used = [*choice.columns.values(), *(name for name, is_column in terms.items() if is_column)]
    used += [name for name in (options.subgroup, options.cluster) if name]
    complete, note = keep_complete(table, list(dict.fromkeys(used)), drop=options.missing == "drop")
    effects = _effects(complete, choice, options)
    kept = complete.keep(effects.rows.tolist())
    dropped = len(complete.rows) - len(kept.rows)
    if not kept.rows:
        raise Refusal(f"No study is left: --drop00 leaves out all {dropped}.")
    left_out = f"{dropped} of {len(complete.rows)} studies left out by --drop00." if dropped else ""
    notes = (*table.notes, note, *choice.notes, left_out)
    return Sample(
        measure=choice.measure,
        columns=choice.columns,
        slab=_labels(kept, options.label),
        yi=effects.yi,
        vi=effects.vi,
        lines=kept.lines,
        mods={name: _moderator(kept, name, options) if is_column else None for name, is_column in terms.items()},
        subgroup=kept.column(options.subgroup) if options.subgroup else None,
        cluster=kept.column(options.cluster) if options.cluster else None,
        notes=tuple(one for one in notes if one),
    )


def explain(error: EngineError, *, columns: Mapping[str, str], lines: Sequence[int]) -> Refusal:
    """Give what the engine refused as a sentence with the line of the file and the name of the column."""
    argument, index = getattr(error, "argument", ""), getattr(error, "index", None)
    sentence = AT_INDEX.sub("", str(error))
    places = [] if index is None or index >= len(lines) else [f"line {lines[index]}"]
    places += [f"column {columns[argument]!r}"] if argument in columns else []
    # The engine says what is needed, not what needs it.
    said = f"{', '.join(places)}: {sentence}" if places else re.sub("^needs ", "The model needs ", sentence)
    return Refusal(f"{said[:1].upper()}{said[1:]}.")


def _effects(table: Table, choice: Choice, options: Options) -> Any:
    """Give the effects with their variances, and the rows that they come from."""
    columns: dict[str, Any] = {
        letters: numbers(table, column, decimal=options.decimal) for letters, column in choice.columns.items()
    }
    try:
        return escalc(choice.read_as, **columns, **choice.options)
    except EngineError as error:
        raise explain(error, columns=choice.columns, lines=table.lines) from error


def _terms(table: Table, moderators: Sequence[str]) -> dict[str, bool]:
    """Give each moderator, and whether it is a column; the others are interactions of columns."""
    terms = {}
    for name in moderators:
        parts = [name] if name in table.columns else [part.strip() for part in name.split(":")]
        for part in parts:
            table.column(part)
        terms[":".join(parts)] = len(parts) == 1
    return terms


def _moderator(table: Table, name: str, options: Options) -> list[float] | list[str]:
    """Give the numbers of a moderator, or its texts where they are categories."""
    texts = table.column(name)
    odd = [i for i, text in enumerate(texts) if not NUMBER.fullmatch(text.replace("−", "-").replace(",", "."))]
    if not odd:
        return numbers(table, name, decimal=options.decimal)
    if 2 * len(odd) < len(texts):
        line, text = table.lines[odd[0]], texts[odd[0]]
        raise Refusal(
            f"Line {line}, column {name!r}: {text!r} is not a number, but {len(texts) - len(odd)} of the "
            f"{len(texts)} values in the column are. A moderator holds numbers or categories, not both."
        )
    return texts


def _labels(table: Table, column: str) -> tuple[str, ...]:
    """Give the names of the studies; a study without one is named by its line."""
    names = {name.casefold(): name for name in reversed(table.columns)}
    found = [names[name] for name in LABELS if name in names]
    if not column and not found:
        return tuple(f"Line {line}" for line in table.lines)
    chosen = column or found[0]
    texts = table.column(chosen)
    if not column and chosen.casefold() == AUTHOR and YEAR in names:
        years = table.column(names[YEAR])
        texts = [f"{text} {year}" if year not in text else text for text, year in zip(texts, years, strict=True)]
    return tuple(text.strip() or f"Line {line}" for text, line in zip(texts, table.lines, strict=True))
