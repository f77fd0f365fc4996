"""Adverse events: who said what, risks of arms, rare events pooled, and what whole-study counts cannot tell."""

import pytest

from analysis import engine
from analysis.contract import AdverseEvent, ArmRow, StudyRow
from analysis.testing import check_plugin, quiet, sample_dataset
from plugins import adverse_events
from plugins.adverse_events import NO_EVENTS, NO_PAIR, WHOLE_STUDIES_ONLY, Params

# Both sides are the same function on the same counts.
SAME = 1e-14
# The tables of Yusuf et al.'s kind: rare events, one study without any.
TABLES = ((3, 100, 1, 98), (0, 50, 2, 51), (0, 40, 0, 41), (5, 200, 2, 205))


def event(study, role, count, total, term="Fall", seriousness="serious", arm=None, **more):
    number = arm or (1 if role == "experimental" else 2)
    values = {"study": study, "label": study, "term": term, "seriousness": seriousness, "participants": count}
    return AdverseEvent(**(values | {"arm": number, "role": role, "total": total} | more))


def whole(study, count, total):
    return AdverseEvent(study=study, label=study, term="Pain", participants=count, total=total)


def rows_of(tables):
    return [
        row
        for place, (a, n1, c, n2) in enumerate(tables)
        for row in (event(f"s{place}", "experimental", a, n1), event(f"s{place}", "comparator", c, n2))
    ]


def run(events, studies=(), **params):
    dataset = sample_dataset(k=2).model_copy(update={"adverse_events": tuple(events), "studies": tuple(studies)})
    return adverse_events.run(dataset, Params(**params), {}, quiet)


def test_plugin_conforms():
    check_plugin(adverse_events.plugin)


def test_silence_is_not_the_absence_of_events():
    studies = [StudyRow(study=name, label=name) for name in ("some", "none", "silent", "unclear")]
    studies += [StudyRow(study="unread", label="unread", has_extraction=False)]
    studies += [StudyRow(study="companion", label="companion", companion_of="silent")]
    events = [whole("some", 2, 50), whole("none", 0, 40), whole("unclear", None, 40)]

    result = run(events, studies)

    assert {row.study: row.status for row in result.reporting} == {
        "some": "some",
        "none": "none",
        "silent": "not_reported",
        "unclear": "unknown_count",
        "unread": "no_extraction",
    }
    assert (result.k, result.k_none, result.k_not_reported) == (5, 1, 1)
    assert WHOLE_STUDIES_ONLY in result.messages
    assert result.pooled == ()


def test_models_are_those_of_the_engine():
    result = run(rows_of(TABLES))
    a, n1, c, n2 = (list(column) for column in zip(*TABLES, strict=True))
    counts = {"ai": a, "n1i": n1, "ci": c, "n2i": n2}
    expected = {
        "peto": engine.pool_peto(**counts),
        "mantel_haenszel_or": engine.pool_mantel_haenszel(**counts),
        "mantel_haenszel_rd": engine.pool_mantel_haenszel(**counts, measure="RD"),
        "logistic_cm_el": engine.pool_logistic(**counts, model="CM.EL", tau2_method="CE"),
    }

    assert [row.model for row in result.pooled] == list(expected)
    for row in result.pooled:
        theirs = expected[row.model]
        assert (row.estimate, row.ci_lower, row.ci_upper) == pytest.approx(
            (theirs.estimate, theirs.ci_lower, theirs.ci_upper), rel=SAME
        )


def test_double_zero_studies_are_counted_and_kept_for_differences():
    result = run(rows_of(TABLES))

    assert {(row.k, row.k_double_zero) for row in result.pooled} == {(4, 1)}
    assert {row.measure: row.k_used for row in result.pooled} == {"OR": 3, "RD": 4}
    assert [row.is_double_zero for row in result.studies] == [False, False, True, False]


def test_no_event_anywhere_gives_a_sentence_and_no_number():
    result = run(rows_of([(0, 50, 0, 52)]))
    by_model = {row.model: row for row in result.pooled}

    assert by_model["peto"].estimate is None
    assert by_model["peto"].says.startswith("Not pooled: ")
    # The rule of three gives 3 / 50; the exact limit is a little below.
    assert 0.055 < result.rates[0].zero_events_limit < 0.06
    assert result.studies[0].ci_lower < 0.0 < result.studies[0].ci_upper


def test_arms_of_one_role_are_added():
    events = [*rows_of([(3, 100, 1, 98)]), event("s0", "experimental", 2, 50, arm=3)]
    (row,) = run(events).studies

    assert (row.participants_experimental, row.total_experimental) == (5, 150)


def test_nobody_is_counted_twice():
    both = [
        event("s0", role, 2, 50, term=term) for role in ("experimental", "comparator") for term in ("Fall", "Cramp")
    ]
    by_term, by_seriousness = run(both), run(both, pool_by="seriousness")
    all_terms = [row for row in by_term.totals if row.name == ""]

    assert len({row.name for row in by_term.pooled}) == 2
    assert by_seriousness.pooled == ()
    assert any("s0 give one kind of event of an arm more than once" in said for said in by_seriousness.messages)
    assert all(row.risk is None and row.participants is None and row.total == 50 for row in all_terms)


def test_totals_are_sums_by_role():
    totals = {(row.name, row.role): row for row in run(rows_of(TABLES)).totals}
    found = totals[("fall", "experimental")]

    assert (found.k, found.participants, found.total) == (4, 8, 390)
    assert found.risk == pytest.approx(8 / 390, rel=SAME)


def test_spelling_does_not_part_a_term():
    events = [event("s0", "experimental", 1, 20, term="Fall"), event("s0", "comparator", 1, 20, term=" fall ")]

    assert len(run(events).studies) == 1


def test_missing_totals_are_left_out_or_taken_from_randomisation():
    arms = (
        ArmRow(number=1, label="E", role="experimental", n_randomised=30),
        ArmRow(number=2, label="C", role="comparator", n_randomised=31),
    )
    studies = [StudyRow(study="s0", label="s0", arms=arms)]
    events = rows_of([(2, None, 1, None)])
    left_out, taken = run(events, studies), run(events, studies, missing_total="randomised")

    assert (left_out.studies, left_out.rates[0].risk) == ((), None)
    assert NO_PAIR in left_out.messages
    assert taken.rates[0].risk == pytest.approx(2 / 30, rel=SAME)
    assert taken.studies[0].total_comparator == 31


def test_more_people_with_events_than_people_have_no_risk():
    result = run([event("s0", "experimental", 30, 20)])

    assert result.rates[0].risk is None
    assert any("more people with an event than people in all" in said for said in result.messages)


def test_nothing_recorded_is_said():
    result = run([])

    assert result.messages == (NO_EVENTS,)
    assert result.figures == ()
