"""What moved between two stored snapshots: the study, the field, the person; and the doors that ask for it."""

import json
from decimal import Decimal
from io import StringIO

import pytest
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.http import Http404

from analysis.admin.explaining import explain_urls, explain_view
from analysis.models import Analysis, Snapshot
from analysis.services import rate_certainty, refresh, save_analysis
from analysis.services.explaining import conclusion_of_snapshot, explain_snapshots, previous_of
from evidence.models import ArmResult, Judgement, Outcome
from evidence.services import record, remove
from tests import factories
from tests.analysis.builders import make_small_review

pytestmark = pytest.mark.django_db


def first_result(study):
    return ArmResult.objects.filter(arm__extraction__study=study).earliest("pk")


def change_sd(small, study, sd, reason="Typing error in Table 2."):
    """Change one SD as a reviewer does, through the service behind the admin."""
    row = first_result(study)
    row.sd = Decimal(sd)
    return record(by=small.owner, row=row, reason=reason)


def snapshot_of(small, analysis):
    outcome = refresh(by=small.owner, analysis=analysis)
    assert not outcome.failure
    return outcome.snapshot


def make_two(change):
    """Give a review, its analysis, and the snapshots before and after a change."""
    small = make_small_review()
    analysis = small.analysis()
    before = snapshot_of(small, analysis)
    change(small)
    return small, analysis, before, snapshot_of(small, Analysis.objects.get(pk=analysis.pk))


def check_sums(found):
    for movement in found.movements:
        total = sum(getattr(row, movement.quantity) for row in found.contributions)
        assert total == pytest.approx(movement.change, abs=1e-9)  # what the issue asks for


def test_corrected_sd_names_the_study_the_field_and_the_person():
    small, _, before, after = make_two(lambda small: change_sd(small, small.studies[1], "3.4"))
    found = explain_snapshots(before=before, after=after)
    (study,) = found.studies
    assert (study.study, study.status) == (small.studies[1].code, "changed")
    (field,) = study.fields
    assert (field.kind, field.field, field.before, field.after) == ("arm_result", "sd", "1.9", "3.4")
    assert (field.author.by, field.author.reason) == (str(small.owner), "Typing error in Table 2.")
    assert [row.key for row in found.contributions] == [small.studies[1].code]
    assert found.contributions[0].estimate != 0
    check_sums(found)
    assert "the changed SD (1.9 became 3.4)" in found.paragraph


def test_last_of_several_edits_is_named():
    def edit(small):
        change_sd(small, small.studies[1], "3.4", reason="First reading.")
        change_sd(small, small.studies[1], "3.6", reason="Second reading.")

    _, _, before, after = make_two(edit)
    (field,) = explain_snapshots(before=before, after=after).studies[0].fields
    assert (field.before, field.after, field.author.reason) == ("1.9", "3.6", "Second reading.")


def test_result_that_was_deleted_and_entered_again_names_who_entered_it():
    def edit(small):
        row = first_result(small.studies[0])
        remove(by=small.owner, row=row, reason="Wrong arm.")
        again = ArmResult(arm=row.arm, instrument=row.instrument, week=12, n=40, mean=Decimal("2.7"), sd=Decimal("1.5"))
        record(by=small.owner, row=again, reason="Entered again.")

    _, _, before, after = make_two(edit)
    (field,) = explain_snapshots(before=before, after=after).studies[0].fields
    assert (field.field, field.before, field.after) == ("mean", "3.1", "2.7")
    assert field.author.reason == "Entered again."


def test_removed_result_names_who_removed_it_and_why_the_study_is_not_pooled():
    def edit(small):
        remove(by=small.owner, row=first_result(small.studies[0]), reason="Retracted table.")

    small, _, before, after = make_two(edit)
    found = explain_snapshots(before=before, after=after)
    (study,) = found.studies
    assert (study.status, study.study) == ("removed", small.studies[0].code)
    assert study.reason
    (field,) = study.fields
    assert (field.action, field.author.by, field.author.reason) == ("removed", str(small.owner), "Retracted table.")
    check_sums(found)


def test_new_study_is_one_entry_and_takes_its_share():
    def add(small):
        factories.make_pooled_study(
            small.review, small.nrs, 70, 3, 1.5, 70, 4.5, 1.6, comparator_type=small.review.comparatortype_set.get()
        )

    _, _, before, after = make_two(add)
    found = explain_snapshots(before=before, after=after)
    (study,) = found.studies
    assert (study.status, [row.action for row in study.fields]) == ("added", ["added"])
    assert study.fields[0].author is not None
    check_sums(found)


def test_judgement_that_moves_the_certainty_is_named_and_shared_out():
    def judge(small):
        for study in small.studies[:2]:
            for row in Judgement.objects.filter(assessment__study=study, domain="overall"):
                row.judgement, row.justification = "high", "Not blinded."
                record(by=small.owner, row=row, reason="Second look.")

    small, _, before, after = make_two(judge)
    found = explain_snapshots(before=before, after=after)
    assert {row.status for row in found.studies} == {"noted"}
    assert {row.estimate for row in found.contributions} == {0.0}
    fields = {change.field: change for change in found.studies[0].fields}
    assert (fields["judgement"].before, fields["judgement"].after) == ("low", "high")
    assert fields["judgement"].author.reason == "Second look."
    assert [row.name for row in found.rating.domains] == ["risk_of_bias"]
    moved = found.rating.levels_after - found.rating.levels_before
    assert moved > 0
    assert {row.key for row in found.rating.shares} == {study.code for study in small.studies[:2]}
    assert sum(row.levels for row in found.rating.shares) == pytest.approx(moved, abs=1e-9)  # shares of whole levels
    assert "risk of bias" in found.paragraph
    assert [row.name for row in found.changed_classes] == ["certainty"]


def test_other_rules_and_parameters_are_named_with_their_author():
    small = make_small_review()
    analysis = small.analysis()
    before = snapshot_of(small, analysis)
    analysis.rules = {**analysis.rules, "multi_arm": "split", "window": "long"}
    steps = {"pooling": {"ci_method": "wald"}, "sensitivity": {}, "grade": {}}
    save_analysis(by=small.owner, analysis=analysis, steps=steps, reason="As the protocol says.")
    found = explain_snapshots(before=before, after=snapshot_of(small, analysis))
    rows = {row.name: row for row in found.settings}
    assert set(rows) == {"multi_arm", "window", "pooling.ci_method"}
    assert (rows["window"].before, rows["window"].after) == ("short", "long")
    assert {(row.author.by, row.author.reason) for row in rows.values()} == {
        (str(small.owner), "As the protocol says.")
    }
    assert {row.kind for row in found.contributions} == {"rules", "model"}
    assert all(row.is_by_rules for row in found.studies)
    check_sums(found)


def test_changed_mcid_is_a_definition_with_its_author():
    def redefine(small):
        pain = Outcome.objects.get(pk=small.pain.pk)
        pain.mcid_between = Decimal("0.1")
        record(by=small.owner, row=pain, reason="New consensus.")

    small, _, before, after = make_two(redefine)
    found = explain_snapshots(before=before, after=after)
    (row,) = found.settings
    assert (row.kind, row.name, row.before, row.after) == ("definitions", "outcomes.pain.mcid_between", "1", "0.1")
    assert (row.author.by, row.author.reason) == (str(small.owner), "New consensus.")


def test_certainty_is_that_of_people_only_where_both_snapshots_are_rated():
    small, analysis, before, after = make_two(lambda small: change_sd(small, small.studies[1], "3.4"))
    levels = dict.fromkeys(("risk_of_bias", "inconsistency", "indirectness", "imprecision", "publication_bias"), 2)
    rated = {"levels_down": levels, "justification": "Ours.", "departures": dict.fromkeys(levels, "Ours.")}
    rate_certainty(by=small.owner, analysis=analysis, run=after.runs.get(plugin="grade"), **rated)
    assert conclusion_of_snapshot(after).certainty == "very_low"
    found = explain_snapshots(before=before, after=after)
    assert found.conclusion_after.certainty != "very_low"
    rate_certainty(by=small.owner, analysis=analysis, run=before.runs.get(plugin="grade"), **rated)
    assert explain_snapshots(before=before, after=after).conclusion_after.certainty == "very_low"


def test_evidence_that_went_back_is_explained_between_any_two_snapshots():
    small = make_small_review()
    analysis = small.analysis()
    snapshots = [snapshot_of(small, analysis)]
    for sd in ("3.4", "1.9"):
        change_sd(small, small.studies[1], sd, reason=f"Now {sd}.")
        snapshots.append(snapshot_of(small, analysis))
    first, second, third = snapshots
    assert [row.number for row in snapshots] == [1, 2, 3]
    (field,) = explain_snapshots(before=third, after=second).studies[0].fields  # the earlier one comes first
    assert (field.before, field.after, field.author.reason) == ("3.4", "1.9", "Now 1.9.")
    found = explain_snapshots(before=first, after=third)
    assert (found.studies, found.contributions) == ((), ())
    assert "nothing moved" in found.paragraph


def test_snapshots_that_cannot_be_compared_are_refused_with_a_sentence():
    small = make_small_review()
    short, long = (snapshot_of(small, small.analysis(name, window=name)) for name in ("short", "long"))
    with pytest.raises(ValidationError, match="same analysis"):
        explain_snapshots(before=short, after=long)
    with pytest.raises(ValidationError, match="two different snapshots"):
        explain_snapshots(before=short, after=short)
    assert previous_of(short) is None


# The doors ------------------------------------------------------------------------------------------------------------


def run_command(*arguments):
    """Give what the command prints."""
    out = StringIO()
    call_command("explain", *arguments, stdout=out)
    return out.getvalue()


def test_command_prints_the_paragraph_the_person_and_the_shares():
    small, analysis, _, _ = make_two(lambda small: change_sd(small, small.studies[1], "3.4"))
    text = run_command(small.review.slug, analysis.slug)
    assert text.startswith("Between ")
    assert f"sd: 1.9 -> 3.4  [{small.owner}, " in text
    assert "Typing error in Table 2.]" in text
    assert "Whole movement" in text


def test_command_gives_the_same_as_json():
    small, analysis, before, after = make_two(lambda small: change_sd(small, small.studies[1], "3.4"))
    found = json.loads(run_command(small.review.slug, analysis.slug, "--from", "1", "--to", "2", "--json"))
    assert found == explain_snapshots(before=before, after=after).model_dump(mode="json")


def test_command_says_what_is_missing():
    small = make_small_review()
    analysis = small.analysis()
    wrong = [
        ([small.review.slug, "nothing"], "has no analysis"),
        ([small.review.slug, analysis.slug], "has no snapshot 1"),
    ]
    for arguments, sentence in wrong:
        with pytest.raises(CommandError, match=sentence):
            run_command(*arguments)
    snapshot_of(small, analysis)
    with pytest.raises(CommandError, match="no earlier snapshot"):
        run_command(small.review.slug, analysis.slug)
    with pytest.raises(CommandError, match="has no snapshot 7"):
        run_command(small.review.slug, analysis.slug, "--from", "7")


def page_of(user, snapshot, rf, **asked):
    """Give the page as a person sees it."""
    request = rf.get("/explain/", asked)
    request.user = user
    pages = admin.site.get_model_admin(Snapshot)
    return explain_view(pages, request, snapshot.pk)


def test_page_shows_the_difference_to_the_snapshot_before(rf):
    small, _, before, after = make_two(lambda small: change_sd(small, small.studies[1], "3.4"))
    page = page_of(small.owner, after, rf)
    text = page.render().content.decode()
    assert "What moved the estimate" in text
    assert "<svg" in text
    assert "1.9 → 3.4" in text
    assert "Typing error in Table 2." in text
    asked = page_of(small.owner, after, rf, **{"with": before.number})
    assert asked.context_data["explanation"] == page.context_data["explanation"]
    turned = page_of(small.owner, before, rf, **{"with": after.number})  # the earlier one comes first
    assert turned.context_data["explanation"] == page.context_data["explanation"]


def test_page_of_the_first_snapshot_says_that_there_is_none_before(rf):
    small = make_small_review()
    text = page_of(small.owner, snapshot_of(small, small.analysis()), rf).render().content.decode()
    assert "first snapshot" in text


def test_page_is_for_members_and_for_snapshots_that_there_are(rf):
    small, _, _, after = make_two(lambda small: change_sd(small, small.studies[1], "3.4"))
    with pytest.raises(Http404):
        page_of(factories.make_user(), after, rf)
    for asked in ("9", "x", "9" * 5000):
        with pytest.raises(Http404):
            page_of(small.owner, after, rf, **{"with": asked})
    (address,) = explain_urls(admin.site.get_model_admin(Snapshot))
    assert (address.name, str(address.pattern)) == ("analysis_snapshot_explain", "<int:snapshot_id>/explain/")
