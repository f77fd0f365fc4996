"""What happens to the analyses of the living database from one release to the next."""

from dataclasses import dataclass

from analysis import canonical
from analysis.contract import Dataset, Effect
from analysis.explain import Explanation
from analysis.models import Snapshot
from analysis.services import Refreshed, publish, refresh_many, sign_off
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
    """Both releases, each analysis and its published numbers by its short name; what was stale after each step."""

    releases: list[Release]
    chapters: dict[str, Chapter]
    stale: list[list[str]]
    snapshots: int
    published: dict[str, list[int]]


def tell(releases: list[Release]) -> Story:
    """Live through the releases."""
    living = make_living()
    old, new = releases
    load(living, old)
    analyses = save_analyses(living)
    stale, times = [], []

    def look() -> None:
        stale.append([row.analysis.slug for row in stale_analyses(review=living.review)])

    def refresh_all() -> None:
        times.append(list(refresh_many(by=living.keeper, analyses=analyses)))
        for snapshot in Snapshot.objects.filter(analysis__in=analyses, publication__isnull=True).order_by("pk"):
            sign_off(by=living.keeper, snapshot=snapshot, reason="The release as it is.")
            publish(by=living.keeper, snapshot=snapshot)

    look()
    refresh_all()
    look()
    update(living, old, new)
    look()
    refresh_all()
    look()
    refresh_all()
    chapters = {
        first.analysis.slug: Chapter(
            times=[first, second, third],
            datasets=[read_dataset(one.snapshot) for one in (first, second)],
            explanation=explain_snapshots(before=first.snapshot, after=second.snapshot),
        )
        for first, second, third in zip(*times, strict=True)
    }
    of_review = Snapshot.objects.filter(analysis__review=living.review)
    published = {
        slug: list(of_review.filter(analysis__slug=slug, publication__isnull=False).values_list("number", flat=True))
        for slug in chapters
    }
    return Story(releases, chapters, stale, of_review.count(), published)


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
