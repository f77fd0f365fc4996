"""Real files of the exchange formats, from outside the repository: two releases of a database, tables, a template.

The folder is named by QUORUM_TEST_DATA; without it these tests are skipped.
"""

import os
from decimal import Decimal
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from evidence.models import ArmResult, Judgement, Review, Study
from tests.evidence.importing.asked import ask, changed, export, sentences
from tests.factories import make_membership, make_user
from tests.living.releases import YEARS, metapsy_folder, read_release

FOLDER = metapsy_folder()
NAMED = os.environ.get("QUORUM_TEST_DATA")
NEXT_DOOR = Path(__file__).resolve().parents[4] / "shared" / "data"
DATA = (Path(NAMED) if NAMED else NEXT_DOOR) / "test_only"
ROB = {
    "robvis_data_rob1": "rob1",
    "robvis_data_rob2": "rob2",
    "robvis_data_rob2_cluster": "rob2_cluster",
    "robvis_data_robins_i": "robins_i",
    "robvis_data_robins_e": "robins_e",
    "robvis_data_quadas": "quadas2",
    "robvis_data_quips": "quips",
}
# Whole releases take a minute or so on a busy machine, and several on a very busy one.
pytestmark = [pytest.mark.django_db, pytest.mark.timeout(1800)]
needs_releases = pytest.mark.skipif(
    FOLDER is None, reason="no living database: set QUORUM_METAPSY to a folder with its releases of 2022 and 2024"
)
needs_tables = pytest.mark.skipif(
    not (DATA / "rob").is_dir(), reason="no real tables: set QUORUM_TEST_DATA to a folder with rob and prisma"
)


@pytest.fixture
def owner() -> User:
    return make_user("ann")


@pytest.fixture
def review(owner: User) -> Review:
    return make_membership(user=owner).review


@needs_releases
def test_both_releases_load_one_after_the_other_and_each_again_changes_nothing(review, owner):
    assert FOLDER is not None
    old, new = (FOLDER / f"depression-psyctr_{year}.csv" for year in YEARS)

    first = ask("metapsy", old, review, owner, outcome="Depression")
    assert first.rows["studies.csv"].new == 415
    assert changed(ask("metapsy", old, review, owner, outcome="Depression")) == {}

    second = ask("metapsy", new, review, owner, outcome="Depression")
    studies = second.rows["studies.csv"]
    assert (studies.new, studies.only_in_database) == (91, 26)
    assert changed(ask("metapsy", new, review, owner, outcome="Depression")) == {}

    assert Study.objects.filter(review=review).count() == 415 + 91
    # Half participants, arms with two values, judgements without a meaning, events that may be good or bad.
    assert 10 < len(first.errors) < 30
    assert 10 < len(second.errors) < 30


@needs_releases
def test_scores_and_judgements_are_those_that_a_careful_reader_finds(review, owner):
    assert FOLDER is not None
    release = read_release(FOLDER, YEARS[0])
    ask("metapsy", FOLDER / f"depression-psyctr_{YEARS[0]}.csv", review, owner)

    rows = ArmResult.objects.filter(value_kind="final", events__isnull=True, time_as_printed="post")
    rows = rows.select_related("arm__extraction__study", "instrument")
    found: dict[str, dict[tuple[str, str], tuple[int | None, Decimal | None, Decimal | None]]] = {}
    for row in rows:
        code = row.instrument.code.replace("self-report", "self")
        found.setdefault(row.arm.extraction.study.label, {})[row.arm.label, code] = (row.n, row.mean, row.sd)
    missing = [
        (trial.label, key)
        for trial in release.trials.values()
        for key, score in trial.scores.items()
        if found.get(trial.label, {}).get(key) != tuple(score)
    ]
    judged: dict[str, dict[str, str]] = {}
    for one in Judgement.objects.exclude(domain="overall").select_related("assessment__study"):
        judged.setdefault(one.assessment.study.label, {})[one.domain] = one.judgement

    assert missing == []
    # The reader takes no judgement where rows rated by participants have none; the importer takes the others'.
    assert all(trial.judgements.items() <= judged[trial.label].items() for trial in release.trials.values())


@needs_tables
@pytest.mark.parametrize("name", ROB)
def test_example_tables_of_robvis_load_and_come_back(name, review, owner):
    result = ask("robvis", DATA / "rob" / f"{name}.csv", review, owner)

    assert result.is_saved
    assert {one.assessment.tool for one in Judgement.objects.all()} == {ROB[name]}
    # Only a word that the tool lacks is refused.
    assert all("“No information” is no judgement of" in sentence for sentence in sentences(result))
    assert export("robvis", review, owner).count(b"\n") == Study.objects.count() + 1


@needs_tables
def test_table_of_another_kind_is_refused(review, owner):
    result = ask("robvis", DATA / "rob" / "robvis_bias_direction.csv", review, owner)

    assert not result.is_saved
    assert "are those of no tool that Quorum has" in sentences(result)[0]


@needs_tables
def test_template_of_the_flow_loads_and_its_placeholders_are_refused(review, owner):
    result = ask("prisma", DATA / "prisma" / "PRISMA2020_flow.csv", review, owner)

    assert result.is_saved
    assert len(sentences(result)) == 6
    assert all("is no reason with its number" in sentence for sentence in sentences(result))
    assert result.rows["review.json: counts"].new == 17
