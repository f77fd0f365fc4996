"""Which measure a table is about, and which of its columns the measure reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.desk.options import Options
from analysis.desk.refusal import Refusal, listed, nearest
from analysis.desk.table import Table
from analysis.engine.effects import MEASURES

GENERIC = "GEN"
READY = (("yi", "vi"), ("yi", "sei"))
ENGINE_OPTIONS = ("add", "to", "vtype", "correction")


@dataclass(frozen=True, slots=True)
class Choice:
    """A measure and its columns.

    Attributes
    ----------
    measure : the measure that the report names
    read_as : the measure by which the columns are read; "GEN" where yi stands in the table
    columns : the column of the table for each of metafor's names
    options : what the engine is asked for beside the columns
    notes : sentences for the reader
    """

    measure: str
    read_as: str
    columns: Mapping[str, str]
    options: Mapping[str, Any]
    notes: tuple[str, ...] = ()


def choose(table: Table, options: Options) -> Choice:
    """Give the measure that was asked for, or the only one that fits, with its columns.

    Raises
    ------
    Refusal : no such measure or column, columns that are not enough, or that fit several measures
    """
    assigned = dict(options.columns)
    for column in assigned.values():
        table.column(column)
    available = {name: name for name in table.columns if name} | assigned
    measure = options.measure or _deduce(table, available)
    if measure not in MEASURES:
        hint = nearest(measure, MEASURES)
        raise Refusal(f"There is no measure {measure!r}.{hint} The measures are {listed(MEASURES)}.")
    names, read_as, notes = _names(measure, available, assigned)
    if names is None:
        raise Refusal(_not_enough(measure, table, available))
    for name in assigned:
        if name not in names:
            raise Refusal(f"--columns names {name!r}, which {measure} does not read here: it reads {listed(names)}.")
    columns = {name: available[name] for name in names}
    return Choice(measure, read_as, columns, _engine_options(read_as, options), notes)


def _deduce(table: Table, available: Mapping[str, str]) -> str:
    """Give the only measure that the columns fit; effects that are there already come first."""
    if _first(READY, available):
        return GENERIC
    fitting = [name for name, measure in MEASURES.items() if _first(measure.columns, available)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise Refusal(f"The columns fit several measures. Choose one with --measure: {listed(fitting)}.")
    raise Refusal(_not_enough(GENERIC, table, available) + " Another measure is chosen with --measure.")


def _names(
    measure: str, available: Mapping[str, str], assigned: Mapping[str, str]
) -> tuple[tuple[str, ...] | None, str, tuple[str, ...]]:
    """Give the names that a measure reads, the measure that reads them, and a note where yi is taken as it stands."""
    names = _first(MEASURES[measure].columns, available, assigned)
    if names or measure == GENERIC:
        return names, measure, ()
    ready = _first(READY, available, assigned)
    title = MEASURES[measure].title
    note = f"Effects and variances were read as they stand in the table, as {title} ({measure})."
    return ready, GENERIC, (note,) if ready else ()


def _first(
    alternatives: Sequence[tuple[str, ...]], available: Mapping[str, str], wanted: Mapping[str, str] | None = None
) -> tuple[str, ...] | None:
    """Give the first combination of names that is there, before others one with all the names that are wanted."""
    there = [names for names in alternatives if set(names) <= set(available)]
    best = [names for names in there if set(wanted or ()) <= set(names)]
    return next(iter((*best, *there)), None)


def _not_enough(measure: str, table: Table, available: Mapping[str, str]) -> str:
    """Give the sentence on what a measure needs and what there is."""
    alternatives = MEASURES[measure].columns
    needed = ", or ".join(" ".join(names) for names in alternatives)
    closest = min(alternatives, key=lambda names: len(set(names) - set(available)))
    missing = [name for name in closest if name not in available]
    columns = [name for name in table.columns if name]
    hints = [f"{name}={one}" for name in missing for one in columns if one.casefold() == name.casefold()]
    hint = f" Did you mean --columns {','.join(hints)}?" if hints else " --columns says which column holds what."
    return (
        f"{measure} needs the columns {needed}; there is no {listed(missing)}. The columns are {listed(columns)}.{hint}"
    )


def _engine_options(read_as: str, options: Options) -> dict[str, Any]:
    """Give the options of the measure that were asked for; one that it does not have is refused."""
    given = {name: getattr(options, name) for name in ENGINE_OPTIONS if getattr(options, name) not in (None, "")}
    if options.drop00:
        given["drop00"] = True
    offered = MEASURES[read_as].options
    for name in given:
        if name not in offered:
            has = listed(f"--{one}" for one in offered if one in (*ENGINE_OPTIONS, "drop00")) or "no such options"
            raise Refusal(f"{read_as} does not know --{name}; it has {has}.")
    return given
