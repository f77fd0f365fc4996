"""What is done is as much as what was changed: counted on a large review, and told beforehand without computing."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analysis.contract import Need
from analysis.derivation import Rules, derive
from analysis.freezing import take_content
from analysis.models import Analysis, Freeze, Refresh, Run, Snapshot, Step
from analysis.services import drop, refresh, refresh_many, save_analysis
from analysis.services.staleness import Between, Cause, read_evidence, stale_analyses
from tests import factories
from tests.analysis.builders import SmallReview, make_small_review
from tests.living.large import LargeReview, edit_one_sd, make_large_review

pytestmark = pytest.mark.django_db
Content = dict[str, Any]


def stale_slugs(row: LargeReview | SmallReview) -> dict[str, Cause]:
    return {one.analysis.slug: one.cause for one in stale_analyses(review=row.review)}


def test_one_edit_among_500_studies_and_40_analyses_runs_the_two_that_hold_it() -> None:
    large = make_large_review(studies=500)
    list(refresh_many(by=large.owner, analyses=large.analyses))
    counted = (Run.objects.count(), Snapshot.objects.count())

    edit_one_sd(large)
    told = stale_slugs(large)
    outcomes = list(refresh_many(by=large.owner, analyses=large.analyses))

    assert counted == (40, 40)
    assert {one.analysis.slug for one in outcomes if one.computed} == {"outcome-0-all", "outcome-0-kind-0"}
    assert told == {"outcome-0-all": Cause.EVIDENCE, "outcome-0-kind-0": Cause.EVIDENCE}
    assert sum(one.computed for one in outcomes) == 2
    assert sum(one.is_new for one in outcomes) == 2
    assert (Run.objects.count(), Snapshot.objects.count()) == (42, 42)
    assert stale_slugs(large) == {}


def test_looking_for_what_is_stale_takes_as_many_queries_for_many_analyses_as_for_few() -> None:
    few, many = (make_large_review(studies=10, analyses=count) for count in (2, 12))
    counts = []
    for large in (few, many):
        list(refresh_many(by=large.owner, analyses=large.analyses))
        with CaptureQueriesContext(connection) as queries:
            assert stale_slugs(large) == {}
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_looking_for_what_is_stale_writes_nothing() -> None:
    large = make_large_review(studies=10, analyses=4)
    list(refresh_many(by=large.owner, analyses=large.analyses))
    edit_one_sd(large)
    before = [model.objects.count() for model in (Freeze, Refresh, Run, Snapshot)]

    assert stale_slugs(large)
    assert [model.objects.count() for model in (Freeze, Refresh, Run, Snapshot)] == before


def test_evidence_that_was_read_is_not_read_again() -> None:
    small = make_small_review()
    analysis = small.analysis()
    refresh(by=small.owner, analysis=analysis)
    evidence = read_evidence(small.review)
    arm = small.studies[0].extractions.get().arms.get(number=1)
    arm.results.update(sd=9)

    assert stale_analyses(review=small.review, evidence=evidence) == []
    assert stale_slugs(small) == {"short": Cause.EVIDENCE}


def test_analysis_is_stale_until_it_has_run() -> None:
    small = make_small_review()
    analysis = small.analysis()

    assert stale_slugs(small) == {"short": Cause.NEVER_RUN}
    refresh(by=small.owner, analysis=analysis)
    assert stale_slugs(small) == {}


def test_dropped_analysis_is_not_stale() -> None:
    small = make_small_review()
    drop(by=small.owner, analysis=small.analysis(), reason="Too few trials")

    assert stale_slugs(small) == {}


def test_note_title_and_question_make_nothing_stale() -> None:
    small = make_small_review()
    analysis = small.analysis()
    refresh(by=small.owner, analysis=analysis)

    study = small.studies[0]
    study.note = "Read twice"
    study.save()
    analysis.title, analysis.question = "Pain, soon", "Does it help soon?"
    save_analysis(by=small.owner, analysis=analysis)

    assert stale_slugs(small) == {}
    assert refresh(by=small.owner, analysis=analysis).computed == 0


def test_change_that_is_taken_back_makes_nothing_stale() -> None:
    small = make_small_review()
    refresh(by=small.owner, analysis=small.analysis())
    result = small.studies[0].extractions.get().arms.get(number=1).results.get()
    sd = result.sd

    result.sd = sd + 1
    result.save()
    assert stale_slugs(small) == {"short": Cause.EVIDENCE}
    result.sd = sd
    result.save()
    assert stale_slugs(small) == {}


def test_changed_rules_and_parameters_make_an_analysis_stale() -> None:
    small = make_small_review()
    rules, steps = small.analysis("rules"), small.analysis("steps")
    list(refresh_many(by=small.owner, analyses=[rules, steps]))

    rules.rules = {**rules.rules, "measure": "SMD"}
    save_analysis(by=small.owner, analysis=rules)
    save_analysis(
        by=small.owner, analysis=steps, steps={"pooling": {"tau2_method": "DL"}, "sensitivity": {}, "grade": {}}
    )

    assert stale_slugs(small) == {"rules": Cause.DEFINITION, "steps": Cause.DEFINITION}


def test_step_that_is_gone_makes_an_analysis_stale() -> None:
    small = make_small_review()
    analysis = small.analysis()
    refresh(by=small.owner, analysis=analysis)
    Step.objects.filter(analysis=analysis, plugin="grade").delete()

    assert stale_slugs(small) == {"short": Cause.DEFINITION}


def test_rules_that_cannot_be_used_are_told() -> None:
    small = make_small_review()
    refresh(by=small.owner, analysis=small.analysis())
    Analysis.objects.filter(slug="short").update(rules={"outcome": "pain"})
    (found,) = stale_analyses(review=small.review)

    assert found.cause == Cause.CANNOT_RUN
    assert "window" in found.says


def first_study(content: Content) -> Content:
    study: Content = content["studies"][min(content["studies"])]
    return study


def change_sd(content: Content) -> None:
    first_study(content)["extraction"]["arms"][0]["results"][0]["sd"] = "3"


def change_note(content: Content) -> None:
    first_study(content)["extraction"]["arms"][0]["note"] = "Read twice"


def change_judgement(content: Content) -> None:
    first_study(content)["assessments"][0]["judgements"]["overall"]["judgement"] = "high"


def make_companion(content: Content) -> None:
    codes = sorted(content["studies"])
    content["studies"][codes[1]]["companion_of"] = codes[0]


def change_main_study(content: Content) -> None:
    first_study(content)["extraction"]["arms"][0]["results"][0]["week"] = "19"


def remove_study(content: Content) -> None:
    content["studies"].pop(min(content["studies"]))


def add_study(content: Content) -> None:
    content["studies"]["zz"] = deepcopy(first_study(content)) | {"label": "New"}


def rename_comparator(content: Content) -> None:
    content["comparator_types"]["active"] = "Active treatment"


def widen_window(content: Content) -> None:
    content["outcomes"]["pain"]["windows"]["short"]["to_week"] = "60"


def count_records(content: Content) -> None:
    row = {
        "search_round": 1,
        "round_name": "First",
        "box": "records_identified",
        "stage": "A",
        "reason": "",
        "count": 9,
    }
    content["flow"].append(row)


CHANGES = [
    change_sd,
    change_note,
    change_judgement,
    make_companion,
    change_main_study,
    remove_study,
    add_study,
    rename_comparator,
    widen_window,
    count_records,
]
EXTRAS = [
    frozenset[Need](),
    frozenset({Need.STUDIES}),
    frozenset({Need.COMPARISONS, Need.ADVERSE_EVENTS}),
    frozenset({Need.ALTERNATIVES}),
]


@pytest.mark.parametrize("is_joined", [False, True])
@pytest.mark.parametrize("change", CHANGES)
def test_studies_that_differ_tell_the_same_as_all_studies(change: Callable[[Content], None], is_joined: bool) -> None:
    small = make_small_review()
    before = take_content(small.review)
    if is_joined:
        make_companion(before)
    after = deepcopy(before)
    change(after)

    for window in ("short", "long"):
        rules = Rules(outcome="pain", window=window, comparators=("active",))
        for extras in EXTRAS:
            differs = derive(before, rules, extras) != derive(after, rules, extras)
            assert Between(before, after).touches(rules, extras) == differs


def test_only_studies_that_differ_and_their_companions_are_derived() -> None:
    small = make_small_review()
    before = take_content(small.review)
    codes = sorted(before["studies"])
    make_companion(before)
    after = deepcopy(before)
    change_sd(after)

    old, new = Between(before, after).parts

    assert sorted(old["studies"]) == sorted(new["studies"]) == codes[:2]


def test_changed_window_touches_the_analysis_that_reads_it_only() -> None:
    small = make_small_review()
    short, long = small.analysis("short"), small.analysis("long", window="long")
    list(refresh_many(by=small.owner, analyses=[short, long]))
    window = small.pain.windows.get(code="short")
    window.from_week = 11
    window.save()

    assert stale_slugs(small) == {"short": Cause.EVIDENCE}


def test_what_only_one_step_reads_makes_stale_the_analyses_that_have_that_step() -> None:
    small = make_small_review()
    plain, wide = small.analysis("plain"), small.analysis("wide")
    save_analysis(by=small.owner, analysis=wide, steps={"pooling": {}, "summary": {}, "adverse_events": {}})
    list(refresh_many(by=small.owner, analyses=[plain, wide]))
    assert stale_slugs(small) == {}

    arm = small.studies[0].extractions.get().arms.get(number=1)
    arm.n_randomised = 999
    arm.save()

    assert stale_slugs(small) == {"wide": Cause.EVIDENCE}
    assert [one.computed for one in refresh_many(by=small.owner, analyses=[plain, wide])] == [0, 2]


def test_study_of_another_comparator_makes_nothing_stale() -> None:
    small = make_small_review()
    refresh(by=small.owner, analysis=small.analysis())
    other = factories.make_comparator_type(small.review, code="other")
    factories.make_pooled_study(small.review, small.nrs, 30, 3, 1, 30, 4, 1, comparator_type=other)

    assert stale_slugs(small) == {}
    assert refresh(by=small.owner, analysis=Analysis.objects.get(slug="short")).computed == 0
