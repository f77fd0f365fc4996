"""Withdrawing a version of a plugin, and finding what it computed."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from analysis.models import Run, SignOff, Snapshot
from analysis.models.withdrawal import PluginWithdrawal
from analysis.registry import all_plugins

NOT_ALLOWED = "{who} may not withdraw a version of a plugin: that needs an administrator of the installation."
UNKNOWN = "There is no plugin “{plugin}”: the settings list none, and no run used one."
USED = "It was computed with {plugin} {version}, which was withdrawn on {date}: {reason}"
REPLACED = "Snapshot {number} was computed with {plugin} {version}, which was withdrawn on {date}: {reason}"


@dataclass(frozen=True, slots=True)
class WithdrawnRun:
    """A run of a snapshot, and that its plugin's version is withdrawn."""

    run: Run
    withdrawal: PluginWithdrawal


@dataclass(frozen=True, slots=True)
class Affected:
    """A snapshot that a version of a plugin helped to make.

    `sign_off` says who stands by it, None where nobody does; `latest` is the analysis' newest snapshot, and
    `is_replaced` whether that one no longer uses the version.
    """

    snapshot: Snapshot
    sign_off: SignOff | None
    latest: Snapshot
    is_replaced: bool


@transaction.atomic
def withdraw_plugin(*, by: User, plugin: str, version: str, reason: str) -> PluginWithdrawal:
    """Withdraw a version of a plugin; what it computed stays as it is, with a warning.

    Raises
    ------
    PermissionDenied : the person is not an administrator of the installation
    ValidationError : the plugin is unknown, the version is not one or is withdrawn already, or there is no reason
    """
    if not by.is_superuser:
        raise PermissionDenied(NOT_ALLOWED.format(who=by))
    if plugin not in all_plugins() and not Run.objects.filter(plugin=plugin).exists():
        raise ValidationError({"plugin": UNKNOWN.format(plugin=plugin)})
    row = PluginWithdrawal(plugin=plugin, version=version, reason=reason.strip(), withdrawn_by=by)
    row.full_clean()
    row.save()
    return row


def affected_snapshots(plugin: str, version: str) -> list[Affected]:
    """Give every snapshot that a version of a plugin helped to make, by review, analysis and number."""
    used = Snapshot.objects.filter(runs__plugin=plugin, runs__plugin_version=version)
    rows = list(
        used.select_related("analysis__review", "sign_off__signed_by").order_by(
            "analysis__review__slug", "analysis__slug", "number"
        )
    )
    users = {row.pk for row in rows}
    newest: dict[int, Snapshot] = {}
    for row in Snapshot.objects.filter(analysis__in={row.analysis_id for row in rows}).order_by("number"):
        newest[row.analysis_id] = row
    return [
        Affected(
            snapshot=row,
            sign_off=getattr(row, "sign_off", None),
            latest=newest[row.analysis_id],
            is_replaced=newest[row.analysis_id].pk not in users,
        )
        for row in rows
    ]


def withdrawn_runs(snapshot: Snapshot) -> list[WithdrawnRun]:
    """Give the runs of a snapshot whose plugin's version is withdrawn, in the order of computing."""
    used = {
        (run.plugin, run.plugin_version): run for run in snapshot.runs.order_by("snapshot_runs__id").defer("result")
    }
    names = {plugin for plugin, _ in used}
    rows = {(row.plugin, row.version): row for row in PluginWithdrawal.objects.filter(plugin__in=names)}
    return [WithdrawnRun(run, rows[version]) for version, run in used.items() if version in rows]


def warnings_for(snapshot: Snapshot) -> list[str]:
    """Give a sentence for each withdrawn version that a snapshot was computed with."""
    return _sentences(USED, snapshot)


def warnings_for_new(snapshot: Snapshot) -> list[str]:
    """Give what a person must be told when a snapshot is made or found still current.

    That is what is withdrawn of it, and, where it is not, what is withdrawn of the snapshot that it replaces.
    """
    own = warnings_for(snapshot)
    if own:
        return own
    before = Snapshot.objects.filter(analysis=snapshot.analysis_id, number=snapshot.number - 1).first()
    return [] if before is None else _sentences(REPLACED, before)


def _sentences(sentence: str, snapshot: Snapshot) -> list[str]:
    return [
        sentence.format(
            number=snapshot.number,
            plugin=found.withdrawal.plugin,
            version=found.withdrawal.version,
            date=f"{found.withdrawal.withdrawn_at:%Y-%m-%d}",
            reason=found.withdrawal.reason,
        )
        for found in withdrawn_runs(snapshot)
    ]
