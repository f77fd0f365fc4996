"""The columns of the Metapsy data standard, the names that databases give them, and what stands in their cells.

Metapsy project, documentation of the data standard (docs.metapsy.org, data preparation, format), and the releases
that follow it: names differ between databases, and each has columns of its own.
"""

import re
from collections.abc import Iterable, Mapping

STUDY = ("study", "condition_arm1", "condition_arm2")
ARMS = (1, 2)
FINAL = {"mean": "mean_arm{}", "sd": "sd_arm{}", "n": "n_arm{}"}
CHANGE = {"mean": "mean_change_arm{}", "sd": "sd_change_arm{}", "n": "n_change_arm{}"}
BASELINE = {"mean": "baseline_m_arm{}", "sd": "baseline_sd_arm{}", "n": "baseline_n_arm{}"}
EVENTS = {"events": "event_arm{}", "total": "totaln_arm{}"}
RANDOMISED = "rand_arm{}"
DESCRIPTION = "descr_arm{}"
HEDGES = (("precalc_g", "precalc_g_se"), (".g", ".g_se"))
LOG_RATIOS = (("precalc_log_rr", "precalc_log_rr_se"), (".log_rr", ".log_rr_se"))
# What a result is a result of, where a database has several outcomes.
OUTCOME = ("outcome", "outcome_category", "symptom_domain", "outcome_domain")
TEXTS = {"reference": ("full_ref", "reference"), "doi": ("doi",), "pmid": ("pmid",), "url": ("url", "link")}
DEFINITIONS = ("dich_paper", "dich", "other_stat")

_GROUPS = (FINAL, CHANGE, BASELINE, EVENTS)
NUMBERS = frozenset(
    {name.format(arm) for group in _GROUPS for name in group.values() for arm in ARMS}
    | {RANDOMISED.format(arm) for arm in ARMS}
    | {name for pair in (*HEDGES, *LOG_RATIOS) for name in pair}
    | {"time_weeks"}
)
# Columns that say something of a row and nothing of the trial.
OF_THE_ROW = frozenset(
    {*STUDY, "multi_arm1", "multi_arm2", "outcome_type", "instrument", "time", "rating", "year", "primary"}
    | {"outcome_rank", "dich_type", "comparison", "id", ".id", "id_study", "study_id", "rob_numeric", "primary_calc"}
    | {DESCRIPTION.format(arm) for arm in ARMS}
    | {f".{name.format(arm)}" for name in EVENTS.values() for arm in ARMS}
    | {*OUTCOME, *DEFINITIONS, *(name for names in TEXTS.values() for name in names)}
)
_ALIASES = {
    "baseline_mean_arm{}": "baseline_m_arm{}",
    "m_baseline_arm{}": "baseline_m_arm{}",
    "mean_baseline_arm{}": "baseline_m_arm{}",
    "sd_baseline_arm{}": "baseline_sd_arm{}",
    "n_baseline_arm{}": "baseline_n_arm{}",
    "n_randomized_arm{}": "rand_arm{}",
    "n_randomised_arm{}": "rand_arm{}",
    "n_rand_arm{}": "rand_arm{}",
    "total_n_arm{}": "totaln_arm{}",
    "events_arm{}": "event_arm{}",
    "m_arm{}": "mean_arm{}",
}
ALIASES = {old.format(arm): new.format(arm) for old, new in _ALIASES.items() for arm in ARMS} | {
    "hedges_g": ".g",
    "g": ".g",
    "g_se": ".g_se",
    "standard_error": ".g_se",
    "log_rr": ".log_rr",
    "log_rr_se": ".log_rr_se",
    "weeks": "time_weeks",
}
ABSENT = frozenset({"", "na", "n/a", "nan", "null", "<na>", "#n/a"})
COMMA, POINT = re.compile(r"-?[0-9]*,[0-9]+"), re.compile(r"-?[0-9]*\.[0-9]+(e-?[0-9]+)?", re.IGNORECASE)


def standard_names(columns: Iterable[str]) -> dict[str, str]:
    """Give for each column of a file, by the standard's name, what the file calls it; an exact name comes first."""
    plain = {column: re.sub(r"\s+", "_", column.strip()).casefold() for column in columns}
    found: dict[str, str] = {}
    for column, name in plain.items():
        found.setdefault(name, column)
    for old, new in ALIASES.items():
        if old in found and new not in found:
            found[new] = found.pop(old)
    return found


def is_absent(text: str) -> bool:
    """Whether a cell of text says that there is nothing."""
    return text.strip().casefold() in ABSENT


def decimal_mark(rows: Iterable[Mapping[str, str]]) -> str:
    """Give what separates decimals in this file: what most numbers that have decimals have."""
    commas = points = 0
    for cells in rows:
        for name in NUMBERS & cells.keys():
            commas += bool(COMMA.fullmatch(cells[name]))
            points += bool(POINT.fullmatch(cells[name]))
    return "," if commas > points else "."
