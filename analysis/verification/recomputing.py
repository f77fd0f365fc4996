"""Computing a stored result again with the plugin at hand, and saying how the two agree."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from analysis import canonical
from analysis.contract import Dataset
from analysis.execution import environment_text
from analysis.registry import AnyPlugin, UnknownPlugin, get_plugin
from analysis.verification.comparing import Difference, compare, largest

SHOWN_DIFFERENCES = 5
# What a plugin raises where it cannot read what another version stored, or what somebody changed.
UNREADABLE = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)

GONE = "It cannot be computed again: the plugin “{name}” is gone."
NOT_READ = "It cannot be computed again: {name} {at_hand} does not read what {name} {version} stored: {error}"
UNREADABLE_PARTS = "Its stored inputs or result cannot be read: {error}"
REPLACED = "because plugin {name} {at_hand} replaced {version}"
SAME_IN_NEW = "It is the same, although plugin {name} {at_hand} replaced {version}{more}."
LIBRARIES = "Since it was computed, {changes}."


class Verdict(StrEnum):
    """How something stored and the same computed again agree."""

    SAME = "same"
    DIFFERS = "differs"
    CANNOT = "cannot"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verdict with its sentences.

    `is_error` is False where a plugin was replaced or is gone, which no stored row can help. `path` and
    `relative_difference` name the largest difference, where there is one. `digest` is of the result computed again.
    """

    verdict: Verdict
    sentences: tuple[str, ...] = ()
    is_error: bool = False
    path: str = ""
    relative_difference: float | None = None
    digest: str = ""


def judge_result(
    *, plugin: str, version: str, dataset: str, params: str, upstream: dict[str, Any], result: str, environment: str
) -> Outcome:
    """Compute a stored result again and say how the two agree.

    Parameters
    ----------
    plugin, version : name of the plugin and the version that computed the stored result
    dataset, params, result, environment : canonical texts
    upstream : results that the plugin reads, by plugin, as plain data
    """
    try:
        at_hand = get_plugin(plugin)
    except UnknownPlugin:
        return Outcome(Verdict.CANNOT, (GONE.format(name=plugin),))
    was_replaced = at_hand.version != version
    try:
        stored = canonical.from_text(result)
        again = compute_again(at_hand, dataset=dataset, params=params, upstream=upstream)
    except UNREADABLE as error:
        sentence = (
            NOT_READ.format(name=plugin, at_hand=at_hand.version, version=version, error=error)
            if was_replaced
            else UNREADABLE_PARTS.format(error=error)
        )
        return Outcome(Verdict.CANNOT, (sentence,), is_error=not was_replaced)
    found = list(compare(stored, again))
    if was_replaced:
        outcome = _of_another_version(plugin, version, at_hand.version, found)
    else:
        outcome = differing(found, *_libraries(environment)) if found else Outcome(Verdict.SAME)
    return replace(outcome, digest=canonical.digest_of(again))


def compute_again(plugin: AnyPlugin, *, dataset: str, params: str, upstream: dict[str, Any]) -> Any:
    """Give what the plugin makes of stored inputs, as plain data."""
    result = plugin.run(
        Dataset.model_validate_json(dataset),
        plugin.params.model_validate_json(params),
        upstream,
        lambda fraction, says: None,
    )
    return canonical.from_text(canonical.to_text(plugin.result.model_validate(result).model_dump(mode="json")))


def differing(found: list[Difference], *more: str) -> Outcome:
    """Give the outcome of differences that nothing excuses: each of the largest in a sentence."""
    ordered = largest(found)
    sentences = [str(each) for each in ordered[:SHOWN_DIFFERENCES]]
    if len(ordered) > SHOWN_DIFFERENCES:
        sentences.append(f"{len(ordered) - SHOWN_DIFFERENCES} more of its values differ.")
    return Outcome(
        Verdict.DIFFERS,
        (*sentences, *more),
        is_error=True,
        path=ordered[0].path,
        relative_difference=ordered[0].relative,
    )


def _of_another_version(name: str, version: str, at_hand: str, found: list[Difference]) -> Outcome:
    """Give the outcome where another version of the plugin computed again; what it adds is no difference."""
    added = [each.path for each in found if each.is_addition]
    moved = largest(each for each in found if not each.is_addition)
    names = {"name": name, "at_hand": at_hand, "version": version}
    if not moved:
        more = f"; it adds {', '.join(added)}" if added else ""
        return Outcome(Verdict.SAME, (SAME_IN_NEW.format(**names, more=more),))
    first = moved[0]
    size = f"at most {first.relative:.1e} (relative)" if first.relative is not None else "its words"
    values = f"{first.stored!r} is stored, {first.again!r} is computed again"
    sentence = f"It differs by {size} at {first.path} ({values}), {REPLACED.format(**names)}."
    others = (f"{len(moved)} of its values differ.",) if len(moved) > 1 else ()
    return Outcome(Verdict.DIFFERS, (sentence, *others), path=first.path, relative_difference=first.relative)


def _libraries(environment: str) -> tuple[str, ...]:
    """Say which versions changed since the result was computed; nothing where none did."""
    then, now = canonical.from_text(environment), canonical.from_text(environment_text())
    changes = [f"{name} {now[name]} replaced {then[name]}" for name in now if name in then and now[name] != then[name]]
    return (LIBRARIES.format(changes=", ".join(changes)),) if changes else ()
