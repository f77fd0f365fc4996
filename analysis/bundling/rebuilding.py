"""Rebuilding a snapshot from a bundle alone: datasets derived again, runs computed again, all compared."""

from collections.abc import Iterator
from dataclasses import dataclass

from analysis import canonical
from analysis.bundling.parts import Bundle, DatasetPart, RunPart
from analysis.contract import Need
from analysis.derivation import Rules, derive
from analysis.models import dataset_digest
from analysis.verification import Outcome, Verdict, compare, judge_result
from analysis.verification.recomputing import UNREADABLE, differing
from evidence.models import Review

NOT_DERIVED = "It cannot be derived again: {error}"
LAST_DIGITS = "Its numbers agree, but not to the last digit: another machine or other libraries computed them."


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """One part that was rebuilt: its name for a reader, the digest that it has in the bundle, and how both agree."""

    what: str
    digest: str
    outcome: Outcome

    @property
    def is_identical(self) -> bool:
        """Whether the rebuilt part has the digest of the stored one."""
        return self.outcome.digest == self.digest


def rebuild(bundle: Bundle) -> Iterator[Rebuilt]:
    """Give each dataset and run of a bundle, rebuilt; needs no database."""
    for part in bundle.datasets.values():
        yield Rebuilt(f"Dataset {part.digest[:12]}", part.digest, _with_digits(_derive(bundle, part), part.digest))
    results = {run.plugin: canonical.from_text(run.result) for run in bundle.runs}
    for run in bundle.runs:
        digest = canonical.digest(run.result)
        outcome = judge_result(
            plugin=run.plugin,
            version=run.version,
            dataset=bundle.datasets[run.dataset].content,
            params=run.params,
            upstream={name: results[name] for name in run.upstream_keys},
            result=run.result,
            environment=run.environment,
        )
        yield Rebuilt(_name(run), digest, _with_digits(outcome, digest))


def _name(run: RunPart) -> str:
    return f"Run {run.key[:12]} ({run.plugin} {run.version})"


def _derive(bundle: Bundle, part: DatasetPart) -> Outcome:
    """Derive a dataset from the frozen evidence, with the extras that it holds, and compare."""
    try:
        stored = canonical.from_text(part.content)
        extras = frozenset(Need(name) for name in stored.get("holds", ()))
        derived = derive(canonical.from_text(bundle.freeze), Rules.model_validate_json(part.rules), extras)
        again = derived.model_dump(mode="json")
    except UNREADABLE as error:
        return Outcome(Verdict.CANNOT, (NOT_DERIVED.format(error=error),), is_error=True)
    found = list(compare(stored, again))
    outcome = differing(found) if found else Outcome(Verdict.SAME)
    content = canonical.to_text(again)
    digest = dataset_digest(review=Review(slug=bundle.review), rules=part.rules, content=content)
    return _with(outcome, digest)


def _with(outcome: Outcome, digest: str, *sentences: str) -> Outcome:
    return Outcome(
        outcome.verdict,
        (*outcome.sentences, *sentences),
        is_error=outcome.is_error,
        path=outcome.path,
        relative_difference=outcome.relative_difference,
        digest=digest,
    )


def _with_digits(outcome: Outcome, digest: str) -> Outcome:
    """Say where numbers agree within the tolerance, but not to the last digit."""
    if outcome.verdict == Verdict.SAME and outcome.digest != digest and not outcome.sentences:
        return _with(outcome, outcome.digest, LAST_DIGITS)
    return outcome
