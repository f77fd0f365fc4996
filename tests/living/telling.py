"""What happens to the analyses of the living database from one release to the next."""

from dataclasses import dataclass

from analysis import canonical
from analysis.contract import Dataset, Effect
from analysis.explain import Explanation
from analysis.models import Snapshot
from analysis.services import Refreshed, refresh_many
from analysis.services.explaining import explain_snapshots
from analysis.services.staleness import stale_analyses
from tests.living.metapsy import ANALYSES, load, make_living, save_analyses, update
from tests.living.releases import Release


@dataclass
class Chapter:
    """One analysis through the releases."""

    times: list[Refreshed]
    datasets: list[Dataset]
    explanation: Explanation


@dataclass
class Story:
    """Both releases, each analysis by its short name, and what was stale: after each loading, after each refresh."""

    releases: list[Release]
    chapters: dict[str, Chapter]
    stale: list[list[str]]
    snapshots: int


def tell(releases: list[Release]) -> Story:
    """Live through the releases."""
    living = make_living()
    old, new = releases
    load(living, old)
    analyses = save_analyses(living)
    stale, times = [], []

    def look() -> None:
        stale.append([row.analysis.slug for row in stale_analyses(review=living.review)])

    look()
    times.append(list(refresh_many(by=living.keeper, analyses=analyses)))
    look()
    update(living, old, new)
    look()
    times.append(list(refresh_many(by=living.keeper, analyses=analyses)))
    look()
    times.append(list(refresh_many(by=living.keeper, analyses=analyses)))
    chapters = {
        first.analysis.slug: Chapter(
            times=[first, second, third],
            datasets=[read_dataset(one.snapshot) for one in (first, second)],
            explanation=explain_snapshots(before=first.snapshot, after=second.snapshot),
        )
        for first, second, third in zip(*times, strict=True)
    }
    count = Snapshot.objects.filter(analysis__review=living.review).count()
    return Story(releases, chapters, stale, count)


def read_dataset(snapshot: Snapshot | None) -> Dataset:
    """Give the dataset of a snapshot."""
    assert snapshot is not None
    return Dataset.model_validate(canonical.from_text(snapshot.dataset.content))


def poolable(release: Release, slug: str) -> set[str]:
    """Give the trials with scores of one instrument on both sides of an analysis."""
    comparators = ANALYSES[slug][1]
    found = set()
    for code, trial in release.trials.items():
        kinds = {group.label: group.comparator for group in trial.groups}
        sides = {(instrument, kinds[label]) for label, instrument in trial.scores}
        both = {name for name, kind in sides if not kind} & {name for name, kind in sides if kind in comparators}
        found |= {code} if both else set()
    return found


def own_effects(effect: Effect, release: Release, slug: str) -> list[tuple[float, float]]:
    """Give the effects (and standard errors) that the release has itself for what an effect of Quorum was made of."""
    rows = release.trials[effect.study].effects[str(effect.facts["instrument"])]
    return [(-g, se) for g, se, kind in rows if kind in ANALYSES[slug][1]]
