"""Whether an analysis would give something else than its latest snapshot, told without computing any run."""

from pydantic import ValidationError as InvalidValue

from analysis import canonical
from analysis.derivation import DerivationError, derive
from analysis.freezing import take_content
from analysis.models import Analysis, Snapshot, dataset_digest, run_key
from analysis.registry import UnknownPlugin, get_plugin
from analysis.services.refreshing import ordered_steps


def what_changed(analysis: Analysis, snapshot: Snapshot) -> str:
    """Say what is different from the latest snapshot, "" where running would change nothing.

    The evidence is read and derived as it is now; digests of datasets and keys of runs are compared.
    """
    since = f"since snapshot {snapshot.number}"
    try:
        rules = canonical.to_text(analysis.parsed_rules.model_dump(mode="json"))
        value = derive(take_content(analysis.review), analysis.parsed_rules)
    except (InvalidValue, DerivationError) as error:
        return f"The analysis cannot run as it is: {error}"
    if rules != snapshot.dataset.rules:
        return f"The rules of the analysis were changed {since}."
    content = canonical.to_text(value.model_dump(mode="json"))
    if dataset_digest(review=analysis.review, rules=rules, content=content) != snapshot.dataset.digest:
        return f"The evidence that this analysis reads has changed {since}."
    return "" if _same_steps(analysis, snapshot) else f"Steps, parameters or plugin versions were changed {since}."


def _same_steps(analysis: Analysis, snapshot: Snapshot) -> bool:
    keys: dict[str, str] = {}
    try:
        for step in ordered_steps(analysis):
            plugin = get_plugin(step.plugin)
            keys[step.plugin] = run_key(
                dataset=snapshot.dataset.digest,
                plugin=plugin.name,
                version=plugin.version,
                params=canonical.to_text(plugin.params.model_validate(step.params).model_dump(mode="json")),
                upstream={name: keys[name] for name in plugin.after},
            )
    except (InvalidValue, UnknownPlugin, KeyError):
        return False
    written = canonical.from_text(snapshot.manifest)["content"]["runs"]
    return keys == {name: run["key"] for name, run in written.items()}
