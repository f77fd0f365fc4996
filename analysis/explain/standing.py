"""How studies and settings stand in two snapshots."""

from collections.abc import Iterable, Iterator, Mapping
from math import log
from typing import Any

from analysis.contract import Dataset, Effect
from analysis.explain.conclusions import Conclusion, conclusion_of
from analysis.explain.differences import Edit, diff_study
from analysis.explain.mixture import SHARED, Side
from analysis.explain.records import Author, SettingChange, Status, StudyChange

# Parameters of the plugin grade that say what an important effect is, where the outcome itself does not.
IMPORTANT_SMD, IMPORTANT_RATIOS = "important_smd", ("important_ratio_below", "important_ratio_above")
RUN, NOT_RUN = "run", "not run"
AuthorOf = Mapping[tuple[str, str], Author]


def compare_studies(
    before: Side, after: Side, edits: Iterable[Edit], *, relevant: frozenset[str]
) -> tuple[tuple[StudyChange, ...], tuple[str, ...]]:
    """Give the studies that stand differently, and the labels of those that differ in what the analysis does not read.

    Parameters
    ----------
    edits : the entries of the histories of the studies' rows, oldest first
    relevant : codes of the studies whose change something that the analysis reads
    """
    by_study: dict[str, list[Edit]] = {}
    for edit in edits:
        by_study.setdefault(edit.study, []).append(edit)
    found, unread = [], []
    old, new = before.content["studies"], after.content["studies"]
    for code in sorted({*old, *new}):
        status = _status(code, before.dataset, after.dataset)
        fields = diff_study(old.get(code), new.get(code), by_study.get(code, ()))
        if status is None and code not in relevant:
            unread += [(new.get(code) or old[code])["label"]] if fields else []
            continue
        found.append(
            StudyChange(
                study=code,
                label=(new.get(code) or old[code])["label"],
                status=status or "noted",
                reason=_reason(code, before.dataset if status == "added" else after.dataset),
                is_by_rules=not fields,
                before=_in_words(code, before.dataset),
                after=_in_words(code, after.dataset),
                fields=fields,
            )
        )
    return tuple(found), tuple(unread)


def _status(code: str, before: Dataset, after: Dataset) -> Status | None:
    """Give how the effects of a study stand; None where their numbers are the same."""
    old, new = (sorted((row.yi, row.vi) for row in _effects(code, dataset)) for dataset in (before, after))
    if old == new:
        return None
    return "added" if not old else "removed" if not new else "changed"


def _effects(code: str, dataset: Dataset) -> list[Effect]:
    return [effect for effect in dataset.effects if effect.study == code]


def _reason(code: str, dataset: Dataset) -> str:
    """Give why a study is not pooled, "" where it is."""
    if _effects(code, dataset):
        return ""
    return next((row.reason for row in dataset.not_pooled if row.study == code), "")


def _in_words(code: str, dataset: Dataset) -> str:
    """Give the effects of a study with their variances, "" where it has none."""
    return "; ".join(f"{effect.yi:.4g} (variance {effect.vi:.3g})" for effect in _effects(code, dataset))


def compare_settings(before: Side, after: Side, authors: AuthorOf) -> Iterator[SettingChange]:
    """Give the definitions, rules, parameters and versions that differ.

    `authors` names who changed a definition, a rule or a parameter, by its kind and name.
    """
    for name, old, new in _leaves({key: before.content[key] for key in SHARED}, after.content):
        yield _setting("definitions", name, old, new, authors)
    rules = [side.rules.model_dump(mode="json") for side in (before, after)]
    for name, old, new in _differences(*rules):
        yield _setting("rules", name, old, new, authors)
    for plugin in sorted({*before.params, *after.params}):
        if plugin not in before.params or plugin not in after.params:
            first, second = (RUN if plugin in side.params else NOT_RUN for side in (before, after))
            yield _setting("parameters", plugin, first, second, authors)
            continue
        for name, old, new in _differences(before.params[plugin], after.params[plugin]):
            yield _setting("parameters", f"{plugin}.{name}", old, new, authors)
    for plugin in sorted({*before.versions} & {*after.versions}):
        if before.versions[plugin] != after.versions[plugin]:
            yield SettingChange(
                kind="plugin", name=plugin, before=before.versions[plugin], after=after.versions[plugin]
            )
    for name, old, new in _differences(before.environment, after.environment):
        yield SettingChange(kind="library", name=name, before=old, after=new)


def _setting(kind: Any, name: str, before: Any, after: Any, authors: AuthorOf) -> SettingChange:
    return SettingChange(
        kind=kind, name=name, before=_shown(before), after=_shown(after), author=authors.get((kind, name))
    )


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield name, before.get(name), after.get(name)


def _leaves(before: Any, after: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Give the leaves that both trees have with different values."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before} & {*after}):
            yield from _leaves(before[name], after[name], f"{path}.{name}" if path else name)
    elif before != after:
        yield path, before, after


def _shown(value: Any) -> str | None:
    """Give a value as text."""
    if value is None:
        return None
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def conclude(side: Side) -> Conclusion:
    """Give the classes of a snapshot."""
    return conclusion_of(
        side.results.get("pooling", {}),
        lower_is_better=side.dataset.outcome.direction == "lower",
        important=important_of(side.dataset, side.params.get("grade", {})),
        certainty=side.certainty,
    )


def important_of(dataset: Dataset, grade: Mapping[str, Any]) -> tuple[float, float] | None:
    """Give the smallest important differences below and above the null, on the scale of the measure.

    That of a mean difference is the outcome's own (between groups); those of a standardised difference and of a ratio
    are the parameters of the analysis' GRADE step. None where there is none.
    """
    mcid = dataset.outcome.mcid_between
    if dataset.measure == "MD":
        return (-abs(mcid), abs(mcid)) if mcid else None
    if dataset.measure == "SMD" and grade.get(IMPORTANT_SMD):
        return -float(grade[IMPORTANT_SMD]), float(grade[IMPORTANT_SMD])
    if dataset.is_ratio and all(name in grade for name in IMPORTANT_RATIOS):
        return log(grade[IMPORTANT_RATIOS[0]]), log(grade[IMPORTANT_RATIOS[1]])
    return None
