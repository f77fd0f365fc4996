"""One door to all effect measures, by metafor's names."""

from __future__ import annotations

from typing import Any

from analysis.engine.arrays import require_option
from analysis.engine.effects.columns import require_columns
from analysis.engine.effects.measures import MEASURES, Measure
from analysis.engine.effects.result import Effects
from analysis.engine.errors import InvalidInput

# Columns that a measure may be given and does not need: metafor reads past them too.
UNREAD = {
    "VR": ("m1i", "m2i"),
    "SMD1": ("sd1i",),
    "SDLN": ("mi",),
    "SMCR": ("sd2i",),
    "VRC": ("m1i", "m2i"),
}
OPTIONS = tuple(sorted({option for measure in MEASURES.values() for option in measure.options}))


def escalc(measure: str, **columns: Any) -> Effects:
    """Return the effects of a table of studies.

    Parameters
    ----------
    measure : one of `MEASURES`, by metafor's letters: "RR", "SMD", "PLO", ...
    columns : numbers or arrays of shape (k,)  by metafor's names (ai, n1i, m1i, ...); None counts as not given
    add, to, drop00, vtype, correction, release, level : options of the measure, among the columns by name; see the
        function `MEASURES[measure].compute`

    Raises
    ------
    UnknownOption
        A measure that does not exist, or an option with a value that does not.
    InvalidInput
        Columns that are not enough, or that the measure does not know: the sentence lists what it needs and what it
        got. Unequal lengths, a missing value, a value out of range.
    UndefinedResult
        A study whose effect or variance is not defined; the row is named.

    References
    ----------
    Viechtbauer (2010), doi:10.18637/jss.v036.i03.
    """
    require_option("measure", measure, tuple(MEASURES))
    chosen = MEASURES[measure]
    given = {name: value for name, value in columns.items() if value is not None}
    _require_options(chosen, [name for name in given if name in OPTIONS])
    read = [name for name in given if name not in OPTIONS and name not in UNREAD.get(measure, ())]
    require_columns(measure, tuple(read), chosen.columns)
    return chosen.compute(**{name: given[name] for name in given if name in OPTIONS or name in read})


def _require_options(measure: Measure, given: list[str]) -> None:
    """Raise InvalidInput for an option that the measure does not have."""
    for name in given:
        if name not in measure.options:
            offered = " ".join(measure.options) if measure.options else "none"
            raise InvalidInput(name, f"{measure.name} has the options {offered}; got {name}")
