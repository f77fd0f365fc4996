"""A real living database through two releases: two snapshots of each analysis, explained, and then nothing to do.

The releases are read from outside the repository (tests/living/releases.py); without them these tests are skipped.
"""

from collections.abc import Iterator

import numpy as np
import pytest
from django.db import transaction
from pytest_django.plugin import DjangoDbBlocker

from analysis.explain import QUANTITIES
from tests.living.metapsy import ANALYSES
from tests.living.releases import YEARS, metapsy_folder, read_release
from tests.living.telling import Story, own_effects, poolable, tell

FOLDER = metapsy_folder()
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        FOLDER is None, reason="no living database: set QUORUM_METAPSY to a folder with its releases of 2022 and 2024"
    ),
]
slugs = pytest.mark.parametrize("slug", ANALYSES)

# The database corrects for small samples by an approximation, 1 - 3 / (4m - 1), Quorum exactly: most effects differ by
# less than 1e-4, the most by 0.0028, in a trial of 19 participants with an effect of 2.4.
CORRECTION = 3e-3
# The movement is that of numbers below 10 in size, and the sums have some hundred terms.
SUMS = 1e-9
STATUSES = ("added", "removed", "changed")
# Effects that the release of 2024 has otherwise than its own means and SDs give them.
NOT_FROM_SCORES = {"Victor-Aigbodion-2023", "Rohde-2014b", "Mueller-Weinitschke-2023"}


@pytest.fixture(scope="module")
def story(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Story]:
    """Load 2022, refresh, load 2024, refresh, refresh; what was stored is taken back at the end."""
    assert FOLDER is not None
    with django_db_blocker.unblock(), transaction.atomic():
        yield tell([read_release(FOLDER, year) for year in YEARS])
        transaction.set_rollback(True)


def test_releases_are_read_whole_and_what_cannot_be_read_is_counted(story: Story) -> None:
    old, new = story.releases

    assert (len(old.trials), len(new.trials)) == (415, 480)
    assert (len(new.trials.keys() - old.trials.keys()), len(old.trials.keys() - new.trials.keys())) == (91, 26)
    assert old.left_out["comparison of something else than means and SDs"] == 82
    assert new.left_out["comparison of something else than means and SDs"] == 90
    assert old.left_out["comparison with an impossible number of participants or SD"] == 2
    assert new.left_out["score of an arm that is given twice, differently"] == 8
    assert sum(count for what, count in old.left_out.items() if "cannot be read" in what) == 0


@slugs
def test_every_trial_with_scores_on_both_sides_is_pooled(story: Story, slug: str) -> None:
    for release, dataset in zip(story.releases, story.chapters[slug].datasets, strict=True):
        pooled = [effect.study for effect in dataset.effects]

        assert len(pooled) == len(set(pooled))
        assert set(pooled) == poolable(release, slug)


@slugs
def test_effects_are_those_of_the_database_where_it_computes_them_from_scores(story: Story, slug: str) -> None:
    for release, dataset in zip(story.releases, story.chapters[slug].datasets, strict=True):
        single = [(effect, own_effects(effect, release, slug)) for effect in dataset.effects]
        pairs = {effect.study: (effect.yi, own[0][0]) for effect, own in single if len(own) == 1}
        other = {study for study, (ours, theirs) in pairs.items() if abs(ours - theirs) > CORRECTION}

        assert len(pairs) > len(dataset.effects) / 2
        assert other == (NOT_FROM_SCORES & pairs.keys() if release is story.releases[1] else set())


@slugs
def test_next_release_gives_the_second_snapshot(story: Story, slug: str) -> None:
    first, second, _ = story.chapters[slug].times

    assert [(one.computed, one.is_new, one.failure) for one in (first, second)] == [(1, True, "")] * 2
    assert first.snapshot is not None
    assert second.snapshot is not None
    assert (first.snapshot.number, second.snapshot.number) == (1, 2)
    assert sorted(story.published[slug]) == [1, 2]


@slugs
def test_explanation_names_the_trials_that_came_and_went(story: Story, slug: str) -> None:
    explanation = story.chapters[slug].explanation
    before, after = (poolable(release, slug) for release in story.releases)
    named = {status: {row.study for row in explanation.studies if row.status == status} for status in STATUSES}

    assert named["added"] == after - before
    assert named["removed"] == before - after
    assert named["changed"] <= before & after
    assert named["added"]
    assert named["removed"]
    assert named["changed"]


@slugs
def test_explanation_says_who_made_each_change_and_why(story: Story, slug: str) -> None:
    fields = [field for row in story.chapters[slug].explanation.studies for field in row.fields]

    assert fields
    assert {field.author and (field.author.by, field.author.reason) for field in fields} == {
        ("keeper", "Release of January 2024")
    }


@slugs
def test_shares_add_up_to_the_movement(story: Story, slug: str) -> None:
    explanation = story.chapters[slug].explanation

    assert not explanation.is_exact
    assert any(row.estimate for row in explanation.contributions)
    for quantity in QUANTITIES:
        shares = [getattr(row, quantity) for row in explanation.contributions]
        change = explanation.movement(quantity).change
        assert change is not None
        assert change != 0
        assert abs(sum(shares) - change) <= SUMS


@slugs
def test_third_refresh_runs_nothing(story: Story, slug: str) -> None:
    _, second, third = story.chapters[slug].times

    assert (third.computed, third.reused, third.is_new) == (0, 1, False)
    assert third.snapshot == second.snapshot
    assert story.snapshots == 2 * len(ANALYSES)


def test_what_is_stale_is_known_before_it_is_run(story: Story) -> None:
    assert [sorted(slugs) for slugs in story.stale] == [sorted(ANALYSES), [], sorted(ANALYSES), []]


@slugs
def test_pooled_effect_is_near_that_of_the_effects_in_the_database(story: Story, slug: str) -> None:
    chapter = story.chapters[slug]
    for release, dataset in zip(story.releases, chapter.datasets, strict=True):
        own = {effect.study: np.mean([g for g, _ in own_effects(effect, release, slug)]) for effect in dataset.effects}
        kept = [effect for effect in dataset.effects if effect.study not in NOT_FROM_SCORES]
        difference = np.mean([effect.yi - own[effect.study] for effect in kept])

        # Trials of several arms are one combined comparison in Quorum and the mean of several here, which is nearer to
        # none where the arms differ; over all trials this is a hundredth of an SD.
        assert abs(difference) < 0.02
