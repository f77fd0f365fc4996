"""The evidence profile and the Summary of Findings: rows, explanations, statements, files and pages."""

import csv
import io
from typing import Any

import pytest
from django.urls import reverse

from analysis import canonical
from analysis.exports.effects_in_words import absolute_lines, difference_text, participants_of, ratio_text
from analysis.exports.evidence_profile import PROPOSED, STALE, profile_csv, take_profile
from analysis.exports.footnotes import Footnotes, letter_of
from analysis.exports.missing_evidence import why_nothing
from analysis.exports.statements import SIZE_UNKNOWN, Finding, say_finding
from analysis.exports.summary_of_findings import HEAD, statement_of, summary_csv
from analysis.models import DOMAINS
from analysis.models.certainty import RATE_UPS, IndependentRating, RatingPolicy
from analysis.services import rate_certainty, save_analysis
from analysis.services.rating import proposed_levels, set_rating_policy
from tests.analysis.test_admin_world import World, make_world

WHY = dict.fromkeys((*DOMAINS, *RATE_UPS), "As discussed.")


def finding(estimate: float, below: float | None = -1.0, above: float | None = 1.0) -> Finding:
    return Finding("Exercise", "usual care", "pain intensity", estimate, below, above)


@pytest.mark.parametrize(
    ("estimate", "certainty", "said"),
    [
        (-1.2, "high", "Exercise reduces pain intensity compared with usual care."),
        (-1.0, "moderate", "Exercise probably reduces pain intensity compared with usual care."),
        (-0.5, "moderate", "Exercise probably reduces pain intensity slightly compared with usual care."),
        (0.5, "low", "Exercise may increase pain intensity slightly compared with usual care."),
        (0.3, "high", "Exercise results in little to no difference in pain intensity compared with usual care."),
        (-0.3, "low", "Exercise may result in little to no difference in pain intensity compared with usual care."),
        (
            0.0,
            "moderate",
            "Exercise probably results in little to no difference in pain intensity compared with usual care.",
        ),
        (-3.0, "very_low", "The evidence is very uncertain about the effect of Exercise on pain intensity."),
    ],
)
def test_statement_follows_certainty_size_and_direction(estimate: float, certainty: str, said: str) -> None:
    assert say_finding(finding(estimate), certainty) == said


def test_statement_says_where_the_size_is_unknown() -> None:
    said = say_finding(finding(-1.0, None, None), "low")
    assert said == f"Exercise may reduce pain intensity compared with usual care. {SIZE_UNKNOWN}"


def test_thresholds_of_size_may_differ_below_and_above() -> None:
    assert finding(-0.28, -0.288, 0.223).size == "small"
    assert finding(0.28, -0.288, 0.223).size == "important"


def test_equal_explanations_share_a_letter() -> None:
    notes = Footnotes()
    assert [notes.letter(text) for text in ("one", "two", "one")] == ["a", "b", "a"]
    assert notes.listed == (("a", "one"), ("b", "two"))
    assert [letter_of(place) for place in (0, 25, 26, 27, 52, 701, 702)] == ["a", "z", "aa", "ab", "ba", "zz", "aaa"]


def test_effects_are_in_readers_words() -> None:
    row = {"measure": "RR", "estimate": -0.2877, "ci_lower": -0.5108, "ci_upper": -0.0726}
    assert ratio_text(row) == "RR 0.75 (0.60 to 0.93)"
    points = {"measure": "MD", "estimate": -1.07, "ci_lower": -1.55, "ci_upper": None}
    dataset = {"outcome": {"unit": "points"}, "effects": [{"n1": 10.0, "n2": 12.0}, {"n1": 5.0, "n2": None}]}
    assert difference_text(points, dataset) == "MD −1.07 points"
    risk = {"measure": "RD", "estimate": -0.016, "ci_lower": -0.032, "ci_upper": 0.004}
    assert difference_text(risk, dataset) == "16 fewer per 1000 (from 32 fewer to 4 more)"
    assert participants_of(dataset) == "at least 27"


def test_absolute_effects_are_read_where_the_analysis_runs_them() -> None:
    risks = {"risk_comparator": 0.12, "risk_difference": -0.03, "ci_lower": -0.05, "ci_upper": 0.001}
    points = {"name": "points", "label": "Points of NRS", "unit": "points", "estimate": -0.7}
    points |= {"ci_lower": -1.1, "ci_upper": -0.3}
    relevance = {"measure": "SMD", "translations": [points, {**points, "name": "share"}]}
    results = {"absolute_effects": {"absolute_effects": [risks]}, "clinical_relevance": relevance}
    assert list(absolute_lines(results)) == [
        "30 fewer per 1000 (from 50 fewer to 1 more), of 120 per 1000",
        "Points of NRS: −0.70 points (−1.10 to −0.30)",
    ]
    assert list(absolute_lines({"clinical_relevance": {**relevance, "measure": "MD"}})) == []


def test_missing_evidence_is_told_by_reason_with_names() -> None:
    rows = [
        {"study": f"s{i}", "label": f"Study {i}", "code": "no_result", "reason": "No result is public."}
        for i in range(8)
    ]
    rows += [{"study": "t", "label": "Late", "code": "outside_window", "reason": "Results at week 52 only."}]
    assert why_nothing({"not_pooled": rows}) == (
        "No result is public: 8 studies (Study 0, Study 1, Study 2, Study 3, Study 4, Study 5 and others).",
        "Results at week 52 only: 1 study (Late).",
    )
    assert why_nothing({"not_pooled": []}) == ("The review has no study with these comparators.",)


# Of a review ----------------------------------------------------------------------------------------------------------


def rate_as_proposed(world: World, snapshot: Any, **changes: int) -> None:
    """Rate as the rules propose, but for the changes."""
    run = snapshot.runs.get(plugin="grade")
    proposed = proposed_levels(canonical.from_text(run.result))
    rate_certainty(
        by=world.owner,
        analysis=snapshot.analysis,
        run=run,
        levels_down={name: proposed[name] for name in DOMAINS} | changes,
        justification="As discussed.",
        departures=dict.fromkeys(changes, "Half of them are inpatients."),
    )


@pytest.mark.django_db
def test_profile_marks_what_is_proposed_until_a_person_has_rated() -> None:
    world = make_world(3)
    snapshot = world.snapshot()
    row = take_profile(world.review).rows[0]
    proposal = canonical.from_text(snapshot.runs.get(plugin="grade").result)
    assert (row.certainty, row.is_proposal, row.standing) == (proposal["certainty"], True, PROPOSED)
    assert statement_of(row).startswith("Proposed: ")
    rate_as_proposed(world, snapshot)
    row = take_profile(world.review).rows[0]
    assert (row.certainty, row.is_proposal, row.standing) == (proposal["certainty"], False, "")
    assert not statement_of(row).startswith("Proposed")
    world.add_studies(1)
    world.snapshot(snapshot.analysis)
    row = take_profile(world.review).rows[0]
    assert row.standing == STALE
    assert STALE in row.certainty_text
    assert statement_of(row).startswith("Rated on earlier results: ")


@pytest.mark.django_db
def test_explanations_are_the_reasons_or_a_persons_own_and_shared_over_rows() -> None:
    world = make_world(3)
    snapshots = [world.snapshot(), world.snapshot()]
    for snapshot in snapshots:
        rate_as_proposed(world, snapshot, indirectness=1)
    profile = take_profile(world.review)
    first, second = profile.rows
    assert first.domains["indirectness"].words == "serious"
    assert first.domains["indirectness"] == second.domains["indirectness"]
    notes = dict(profile.footnotes)
    assert notes[first.domains["indirectness"].letters] == "Indirectness: Half of them are inpatients."
    assert len(set(notes.values())) == len(notes)
    assert first.domains["inconsistency"].letters == ""


@pytest.mark.django_db
def test_empty_analysis_says_which_evidence_is_missing() -> None:
    world = make_world(2)
    world.add_studies(1, week=40)
    world.analysis()
    world.snapshot(comparators=[world.comparator.code])
    empty = make_world()
    empty.snapshot()
    rows = take_profile(world.review).rows
    assert rows[0].missing == ("This analysis has not been run.",)
    assert rows[1].k == 2
    nothing = take_profile(empty.review).rows[0]
    assert (nothing.k, nothing.certainty) == (0, "")
    assert statement_of(nothing) == "The review has no study with these comparators."


@pytest.mark.django_db
def test_files_hold_every_row_and_the_explanations() -> None:
    world = make_world(3)
    snapshot = world.snapshot()
    rate_as_proposed(world, snapshot, indirectness=1)
    profile = take_profile(world.review)
    table = list(csv.reader(io.StringIO(profile_csv(profile))))
    assert table[0][3:8] == list(DOMAINS.values())
    assert table[1][0] == snapshot.analysis.title
    assert table[1][5].startswith("serious [")
    assert table[2] == []
    assert ["Indirectness: Half of them are inpatients."] in [line[1:] for line in table[3:]]
    summary = list(csv.reader(io.StringIO(summary_csv(profile))))
    assert summary[0] == list(HEAD)
    assert summary[1][1] == "299 (3 studies)"  # 100, 118 and 81 people
    assert "MD −" in summary[1][3]


@pytest.mark.django_db
def test_cell_that_a_spreadsheet_would_compute_is_text() -> None:
    world = make_world(1)
    snapshot = world.snapshot()
    analysis = snapshot.analysis
    analysis.title = "=1+1"
    analysis.save()
    assert profile_csv(take_profile(world.review)).splitlines()[1].startswith("'=1+1,")


# In the admin ---------------------------------------------------------------------------------------------------------


def address(name: str, pk: int) -> str:
    return reverse(f"admin:analysis_ratingpolicy_{name}", args=[pk])


@pytest.mark.django_db
def test_pages_and_files_are_for_members() -> None:
    world = make_world(2)
    snapshot = world.snapshot()
    viewer, stranger = world.client("viewer"), make_world().client("owner")
    for name in ("profile", "summary"):
        page = viewer.get(address(name, world.review.pk)).content.decode()
        assert snapshot.analysis.title in page
        assert PROPOSED in page
        file = viewer.get(address(f"{name}_csv", world.review.pk))
        assert file["Content-Disposition"].startswith(f'attachment; filename="{world.review.slug}-')
        for client_name in (name, f"{name}_csv"):
            assert stranger.get(address(client_name, world.review.pk)).status_code == 404


@pytest.mark.django_db
def test_stale_rating_is_renewed_by_one_form_with_a_reason() -> None:
    world = make_world(3)
    first = world.snapshot()
    rate_as_proposed(world, first)
    world.add_studies(1)
    second = world.snapshot(first.analysis)
    client = world.client("adjudicator")
    page = client.get(reverse("admin:analysis_snapshot_change", args=[second.pk])).content.decode()
    assert "what changed: the effects or what is known of the studies, the results of pooling" in page
    refused = client.post(address("renew", second.pk), {"renewal-reason": " "})
    assert (refused.status_code, "Say why the rating still holds" in refused.content.decode()) == (422, True)
    assert world.client("statistician").post(address("renew", second.pk), {"renewal-reason": "x"}).status_code == 403
    assert client.get(address("renew", second.pk)).status_code == 405
    assert client.post(address("renew", second.pk), {"renewal-reason": "One small trial more."}).status_code == 302
    row = first.analysis.certainties.first()
    assert (row.basis, row.justification, row.rated_by) == (
        "renewal",
        "One small trial more.",
        world.people["adjudicator"],
    )
    page = client.get(reverse("admin:analysis_snapshot_change", args=[second.pk])).content.decode()
    assert "renewed on new results" in page
    assert 'class="tag is-stale"' not in page


@pytest.mark.django_db
def test_two_raters_do_not_see_each_other_until_both_have_rated() -> None:
    world = make_world(3)
    snapshot = world.snapshot()
    set_rating_policy(by=world.owner, review=world.review, raters_needed=2)
    rating = {f"rating-{name}": "0" for name in DOMAINS} | {f"rating-why_{name}": "Mine." for name in DOMAINS}
    rate, page = (reverse(f"admin:analysis_snapshot_{name}", args=[snapshot.pk]) for name in ("rate", "change"))
    owner, second = world.client("owner"), world.client("adjudicator")
    assert owner.post(rate, rating | {"rating-justification": "Only the owner knows why."}).status_code == 302
    row = IndependentRating.objects.get()
    hidden = [page, reverse("admin:analysis_independentrating_changelist")]
    for shown in hidden:
        assert "Only the owner knows" not in second.get(shown).content.decode()
    assert "1 of 2 raters has rated these results" in second.get(page).content.decode()
    kept = reverse("admin:analysis_independentrating_change", args=[row.pk])
    assert second.get(kept).status_code == 302
    assert owner.get(kept).status_code == 200
    both = rating | {"rating-imprecision": "2", "rating-justification": "Too few."}
    assert second.post(rate, both).status_code == 302
    assert second.get(kept).status_code == 200
    shown = second.get(page).content.decode()
    assert "The two ratings agree in 7 of 8 domains and reasons, but not in the certainty" in " ".join(shown.split())
    assert "Record the consensus" in shown
    assert owner.post(rate, both).status_code == 302
    assert snapshot.analysis.certainties.get().basis == "consensus"


@pytest.mark.django_db
def test_reasons_to_rate_up_are_asked_for_where_the_evidence_is_not_randomised() -> None:
    world = make_world(3)
    analysis = world.analysis()
    steps = {"pooling": {}, "sensitivity": {}, "grade": {"design": "non_randomised", "start": "low"}}
    snapshot = world.snapshot(save_analysis(by=world.owner, analysis=analysis, steps=steps))
    client = world.client("owner")
    page = client.get(reverse("admin:analysis_snapshot_change", args=[snapshot.pk])).content.decode()
    assert all(f'name="rating-{name}"' in page for name in (*DOMAINS, *RATE_UPS))
    proposed = proposed_levels(canonical.from_text(snapshot.runs.get(plugin="grade").result))
    data = {f"rating-{name}": str(level) for name, level in proposed.items()}
    data |= {"rating-justification": "As discussed.", "rating-dose_response": ""}
    rate = reverse("admin:analysis_snapshot_rate", args=[snapshot.pk])
    assert "Choose whether dose-response gradient rates up" in client.post(rate, data).content.decode()
    data["rating-dose_response"] = "1"
    refused = client.post(rate, data).content.decode()
    assert "Dose-response gradient: the rules propose 0 and you rate 1; say why." in refused
    assert client.post(rate, data | {"rating-why_dose_response": "Twice, twice."}).status_code == 302
    row = analysis.certainties.get()
    assert (row.start, row.dose_response, list(row.departures)) == ("low", 1, ["dose_response"])


@pytest.mark.django_db
def test_who_rates_is_the_owners_choice_in_the_admin() -> None:
    world = make_world()
    add = reverse("admin:analysis_ratingpolicy_add")
    assert world.client("adjudicator").get(add).status_code == 403
    client = world.client("owner")
    data = {"review": world.review.pk, "raters_needed": 2}
    assert client.post(add, data).status_code == 302
    policy = RatingPolicy.objects.get()
    change = reverse("admin:analysis_ratingpolicy_change", args=[policy.pk])
    assert client.post(change, {"raters_needed": 1}).status_code == 302
    policy.refresh_from_db()
    assert policy.raters_needed == 1
    assert world.client("viewer").post(change, {"raters_needed": 2}).status_code == 403
