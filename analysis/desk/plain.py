"""Results of the engine as plain data: what JSON can hold, None where a number is undefined."""

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Any

# The one result of a model without moderators; with them, what is about one estimate is None.
NAMES = (
    *("k", "estimate", "se", "statistic", "df", "p_value", "level", "ci_lower", "ci_upper", "pi_lower", "pi_upper"),
    *("tau2", "tau2_se", "tau2_ci_lower", "tau2_ci_upper", "i2", "h2", "q", "q_df", "q_p_value"),
)
OF_THE_ESTIMATE = frozenset(NAMES[1:6] + NAMES[7:11])
COEFFICIENT = ("estimate", "se", "statistic", "df", "p_value", "ci_lower", "ci_upper")


def plain(value: Any) -> Any:
    """Give a number, an array or a text of a result as plain data; what is not finite is None."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value


def take(result: object, names: Iterable[str]) -> dict[str, Any]:
    """Give the named attributes of a result."""
    return {name: plain(getattr(result, name)) for name in names}


def by_study(result: object, names: Iterable[str], studies: Sequence[str]) -> list[dict[str, Any]]:
    """Give one object for each study from the arrays of a result; a value for all of them is repeated."""
    columns = take(result, names)
    return [
        {"study": study} | {name: column[i] if isinstance(column, list) else column for name, column in columns.items()}
        for i, study in enumerate(studies)
    ]
