"""Both groups of a study side by side, and all studies pooled by models for rare events."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from analysis import engine
from analysis.engine.absolute import newcombe_interval
from plugins.adverse_events.counting import key_of
from plugins.adverse_events.params import Params
from plugins.adverse_events.result import ArmRate, PooledEvent, StudyDifference

UNDEFINED = "Not pooled: {error}."
SERIOUSNESS = {"serious": "serious", "not_serious": "not serious", "unclear": "seriousness not stated"}
EVERYTHING = "All events"

Columns = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    """People with and without the event in both groups of a study."""

    study: str
    label: str
    a: int
    n1: int
    c: int
    n2: int

    @property
    def is_double_zero(self) -> bool:
        """Whether nobody in either group had the event."""
        return self.a == self.c == 0


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of event, and the studies that counted it in both groups."""

    name: str
    label: str
    tables: tuple[Table, ...]


def find_kinds(rates: tuple[ArmRate, ...], params: Params) -> tuple[tuple[Kind, ...], tuple[str, ...]]:
    """Give the kinds of events with counts in both groups, and labels of studies that count someone twice."""
    by_kind: dict[tuple[str, str], dict[str, list[ArmRate]]] = {}
    for rate in rates:
        term, seriousness = key_of(rate)
        key = (term if params.pool_by == "term" else "", seriousness)
        if rate.arm is not None and rate.risk is not None:
            by_kind.setdefault(key, {}).setdefault(rate.study, []).append(rate)
    kinds, twice = [], set()
    for (_, seriousness), studies in sorted(by_kind.items()):
        repeated = {study for study, arms in studies.items() if len({arm.arm for arm in arms}) < len(arms)}
        twice |= {studies[study][0].label for study in repeated}
        tables = [_table(arms) for study, arms in sorted(studies.items()) if study not in repeated]
        found = tuple(table for table in tables if table is not None)
        first = next(iter(studies.values()))[0].term if params.pool_by == "term" else EVERYTHING
        if found:
            said = SERIOUSNESS[seriousness]
            name = f"{key_of(next(iter(studies.values()))[0])[0] if params.pool_by == 'term' else 'all'}:{seriousness}"
            kinds.append(Kind(name, f"{first} ({said})", found))
    return tuple(kinds), tuple(sorted(twice))


def _table(arms: list[ArmRate]) -> Table | None:
    """Give the table of a study, arms of one role added; None without both groups."""
    sums: dict[str, tuple[int, int]] = {}
    for arm in arms:
        if arm.role in ("experimental", "comparator"):
            events, people = sums.get(arm.role, (0, 0))
            sums[arm.role] = (events + (arm.participants or 0), people + (arm.total or 0))
    if len(sums) < 2:
        return None
    (a, n1), (c, n2) = sums["experimental"], sums["comparator"]
    return Table(arms[0].study, arms[0].label, a, n1, c, n2)


def compare_studies(kind: Kind, *, level: float) -> tuple[StudyDifference, ...]:
    """Give the risk difference of each study."""
    rows = []
    for table in kind.tables:
        found = newcombe_interval(events_1=table.a, n_1=table.n1, events_2=table.c, n_2=table.n2, level=level)
        rows.append(
            StudyDifference(
                name=kind.name,
                label=f"{table.label}: {kind.label}",
                study=table.study,
                participants_experimental=table.a,
                total_experimental=table.n1,
                participants_comparator=table.c,
                total_comparator=table.n2,
                risk_experimental=table.a / table.n1,
                risk_comparator=table.c / table.n2,
                risk_difference=found.estimate,
                ci_lower=found.ci_lower,
                ci_upper=found.ci_upper,
                is_double_zero=table.is_double_zero,
            )
        )
    return tuple(rows)


def pool_kind(kind: Kind, params: Params) -> tuple[PooledEvent, ...]:
    """Give one kind of event pooled by each model; a sentence in place of numbers where a model has no answer."""
    columns: Columns = {
        "ai": [table.a for table in kind.tables],
        "n1i": [table.n1 for table in kind.tables],
        "ci": [table.c for table in kind.tables],
        "n2i": [table.n2 for table in kind.tables],
    }
    double_zero = sum(table.is_double_zero for table in kind.tables)
    one_outcome = sum(table.a + table.c in (0, table.n1 + table.n2) for table in kind.tables)
    rows = []
    for model in params.models:
        measure, fit = MODELS[model]
        values: dict[str, Any] = {"name": kind.name, "label": kind.label, "model": model, "measure": measure}
        values |= {"k": len(kind.tables), "k_double_zero": double_zero}
        values["k_used"] = len(kind.tables) - (
            0 if measure == "RD" else one_outcome if measure == "OR" else double_zero
        )
        try:
            found = fit(columns, params)
        except engine.EngineError as error:
            rows.append(PooledEvent.model_validate(values | {"says": UNDEFINED.format(error=error)}))
            continue
        names = ("estimate", "se", "p_value", "ci_lower", "ci_upper")
        values |= {name: getattr(found, name) for name in names} | {"tau2": getattr(found, "tau2", None)}
        rows.append(PooledEvent.model_validate(values))
    return tuple(rows)


def _peto(columns: Columns, params: Params) -> Any:
    """Give Peto's odds ratio."""
    return engine.pool_peto(**columns, level=params.level)


def _mantel_haenszel(measure: str) -> Callable[[Columns, Params], Any]:
    """Give the Mantel-Haenszel model of a measure; it needs no correction of empty cells."""
    return lambda columns, params: engine.pool_mantel_haenszel(**columns, measure=measure, level=params.level)


def _logistic(columns: Columns, params: Params) -> Any:
    """Give the exact conditional logistic model."""
    return engine.pool_logistic(**columns, model="CM.EL", tau2_method=params.tau2_method, level=params.level)


MODELS: dict[str, tuple[str, Callable[[Columns, Params], Any]]] = {
    "peto": ("OR", _peto),
    "mantel_haenszel_or": ("OR", _mantel_haenszel("OR")),
    "mantel_haenszel_rr": ("RR", _mantel_haenszel("RR")),
    "mantel_haenszel_rd": ("RD", _mantel_haenszel("RD")),
    "logistic_cm_el": ("OR", _logistic),
}
