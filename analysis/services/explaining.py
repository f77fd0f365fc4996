"""What moved between two snapshots of an analysis, and why: everything is read from what is stored with them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError

from analysis import canonical
from analysis.contract import EXTRAS, Dataset, Need
from analysis.derivation import Rules, derive
from analysis.engine import EngineError
from analysis.explain import Conclusion, Explanation, Side, SnapshotFacts, conclude, explain
from analysis.models import Certainty, Refresh, Run, Snapshot
from analysis.registry import get_plugin, upstream_names
from analysis.services.edits import read_authors, read_edits

OTHER_ANALYSIS = "Only snapshots of the same analysis can be compared; {first} and {second} are of different ones."
SAME_SNAPSHOT = "Choose two different snapshots; both are snapshot {number}."

Row = dict[str, Any]


def explain_snapshots(*, before: Snapshot, after: Snapshot, rate_each: bool = False) -> Explanation:
    """Give what differs between two snapshots of an analysis, and what each change moved; the earlier one comes first.

    With `rate_each` each of many changes has its own share in the movement of the certainty, which may take minutes.

    Raises
    ------
    ValidationError : the snapshots are the same one, or of different analyses
    """
    if before.analysis_id != after.analysis_id:
        raise ValidationError(OTHER_ANALYSIS.format(first=before, second=after))
    if before.pk == after.pk:
        raise ValidationError(SAME_SNAPSHOT.format(number=before.number))
    before, after = sorted((before, after), key=lambda snapshot: snapshot.number)
    old, new = _sides(before, after)
    until = moment_of(after)
    studies = [side.content["studies"] for side in (old, new)]
    codes = [code for code in {*studies[0], *studies[1]} if studies[0].get(code) != studies[1].get(code)]
    return explain(
        old,
        new,
        edits=read_edits(after.analysis.review, codes, until=until) if codes else (),
        authors=read_authors(after.analysis, until=until),
        pool_one=pool_dataset,
        rate=rate_content,
        rate_each=rate_each,
    )


def previous_of(snapshot: Snapshot, *, number: int | None = None) -> Snapshot | None:
    """Give the snapshot of the same analysis with a number, or the one before; None where there is none."""
    others = Snapshot.objects.filter(analysis=snapshot.analysis_id).order_by("-number")
    found = others.filter(number__lt=snapshot.number) if number is None else others.filter(number=number)
    first: Snapshot | None = found.first()
    return first


def conclusion_of_snapshot(snapshot: Snapshot) -> Conclusion:
    """Give the classes of conclusion of a snapshot, its certainty as rated by a person, else as proposed."""
    stored = _stored(snapshot)
    return conclude(_side(snapshot, stored, _rated(stored.get("grade")) or _proposed(stored)))


def moment_of(snapshot: Snapshot) -> datetime:
    """Give when the evidence of a snapshot was read: its refresh, which may be long before workers made it."""
    asked = Refresh.objects.filter(
        analysis=snapshot.analysis_id,
        freeze=snapshot.freeze_id,
        dataset=snapshot.dataset_id,
        requested_at__lte=snapshot.made_at,
    ).order_by("-requested_at")
    moment: datetime | None = asked.values_list("requested_at", flat=True).first()
    return moment or snapshot.made_at


class _Stored(NamedTuple):
    """A run of a snapshot with what it holds as plain data."""

    run: Run
    params: Row
    result: Row


def _stored(snapshot: Snapshot) -> dict[str, _Stored]:
    """Give the runs of a snapshot by plugin."""
    return {run.plugin: _Stored(run, _spelled_out(run), canonical.from_text(run.result)) for run in snapshot.runs.all()}


def _spelled_out(run: Run) -> Row:
    """Give the parameters of a run with the defaults of those that its version did not have yet, where they fit."""
    stored: Row = canonical.from_text(run.params)
    try:
        return get_plugin(run.plugin).params.model_validate(stored).model_dump(mode="json")
    except ValueError:  # an unknown plugin, or parameters of another version of it
        return stored


def _sides(before: Snapshot, after: Snapshot) -> tuple[Side, Side]:
    """Give both snapshots as plain data; certainties are both rated by people or both proposed, never one of each."""
    stored = [_stored(snapshot) for snapshot in (before, after)]
    rated = [_rated(runs.get("grade")) for runs in stored]
    certainties = rated if all(rated) else [_proposed(runs) for runs in stored]
    old, new = (
        _side(snapshot, runs, certainty)
        for snapshot, runs, certainty in zip((before, after), stored, certainties, strict=True)
    )
    return old, new


def _side(snapshot: Snapshot, stored: Mapping[str, _Stored], certainty: Any) -> Side:
    """Give a snapshot as plain data."""
    pooling = stored.get("pooling")
    return Side(
        facts=SnapshotFacts(
            number=snapshot.number,
            made_on=snapshot.made_at.date().isoformat(),
            made_by=str(snapshot.made_by),
            digest=snapshot.digest,
        ),
        content=canonical.from_text(snapshot.freeze.content),
        rules=Rules.model_validate_json(snapshot.dataset.rules),
        dataset=Dataset.model_validate_json(snapshot.dataset.content),
        params={name: row.params for name, row in stored.items()},
        results={name: row.result for name, row in stored.items()},
        versions={name: row.run.plugin_version for name, row in stored.items()},
        environment=canonical.from_text(pooling.run.environment) if pooling else {},
        certainty=certainty,
    )


def _rated(grade: _Stored | None) -> Any:
    """Give the certainty that people last rated on a run, None where nobody did."""
    if grade is None:
        return None
    rows = Certainty.objects.filter(run=grade.run).order_by("-rated_at", "-pk")
    return rows.values_list("level", flat=True).first()


def _proposed(stored: Mapping[str, _Stored]) -> Any:
    """Give the certainty that the rules propose."""
    return stored["grade"].result.get("certainty") if "grade" in stored else None


def pool_dataset(dataset: Dataset, params: Mapping[str, Any]) -> Row:
    """Give what the plugin pooling makes of a dataset, as plain data."""
    return _run("pooling", dataset, params, {})


def rate_content(content: Row, rules: Row, params: Mapping[str, Mapping[str, Any]]) -> Row | None:
    """Give what the plugin grade, and the steps that it reads, make of frozen evidence; None where one cannot."""
    try:
        asked = Rules.model_validate(rules)
        datasets: dict[frozenset[Need], Dataset] = {}
        results: dict[str, Row] = {}
        for name in _needed("grade", params):
            plugin = get_plugin(name)
            extras = plugin.needs & EXTRAS
            if extras not in datasets:
                datasets[extras] = derive(content, asked, extras)
            upstream = {other: results[other] for other in upstream_names(plugin) if other in results}
            results[name] = _run(name, datasets[extras], params[name], upstream)
    except (EngineError, ValueError, KeyError):
        return None
    return results["grade"]


def _needed(name: str, params: Mapping[str, Any]) -> list[str]:
    """Give the steps that a step reads, each after those that it reads itself, and the step at the end."""
    found: list[str] = []
    for other in upstream_names(get_plugin(name)):
        if other in params:
            found += [each for each in _needed(other, params) if each not in found]
    return [*found, name]


def _run(name: str, dataset: Dataset, params: Mapping[str, Any], upstream: Mapping[str, Any]) -> Row:
    """Give the result of a plugin as plain data."""
    plugin = get_plugin(name)
    result = plugin.run(dataset, plugin.params.model_validate(dict(params)), upstream, lambda fraction, says: None)
    stored: Row = plugin.result.model_validate(result).model_dump(mode="json")
    return stored
