"""Both readers agree on an SD that is none, and are asked to look again."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given

from evidence import services
from evidence.comparing import Kind, Reading, compare
from evidence.comparing.doubts import doubts
from tests import factories as make
from tests.evidence.extraction.readings import WORDS, changed, readings, trial
from tests.evidence.extraction.trial import make_trial, read_as

NRS = ("pain/nrs", "final")


def said(reading: Reading, elsewhere: Any = None) -> list[str]:
    """Give what is asked where both read the same."""
    return list(doubts(compare(reading, replace(reading, name="Ben"), WORDS), elsewhere or {}).values())


def test_usual_numbers_raise_no_question():
    assert said(trial()) == []
    assert said(trial(), {NRS: [Decimal("1.9"), Decimal("2.2"), Decimal("2.8"), Decimal("1.4")]}) == []


def test_standard_error_that_both_took_for_an_sd_is_named():
    # 1.8 / sqrt(35) = 0.304; the other SDs of the NRS are 2.1, 2.0 and 2.3.
    (sentence,) = said(changed(trial(), Kind.RESULT, "1", sd="0.3"))
    assert sentence == (
        "Both have 0.3; 3 other SDs of the instrument are around 2.1, and 0.3 times the root of n = 35 is 1.77: it "
        "looks like a standard error."
    )


def test_study_whose_sds_are_all_standard_errors_is_held_against_other_studies():
    wrong = trial()
    for key, se in (("1", "0.30"), ("2", "0.35"), ("5", "0.37"), ("6", "0.41")):
        wrong = changed(wrong, Kind.RESULT, key, sd=se)
    assert said(wrong) == []
    sentences = said(wrong, {NRS: [Decimal("2.0"), Decimal("2.2"), Decimal("1.8"), Decimal("2.4"), Decimal("1.9")]})
    assert len(sentences) == 4
    assert all("looks like a standard error" in sentence for sentence in sentences)


@pytest.mark.parametrize("sd", ["0.02", "30"])
def test_sd_far_from_all_others_is_asked_about(sd):
    sentences = said(changed(trial(), Kind.RESULT, "1", sd=sd, n=None))
    assert len(sentences) == 1
    assert f"Both have {sd}" in sentences[0]


def test_sd_that_the_scale_cannot_have_is_named():
    # Between 0 and 10 the SD of 35 scores is 5.07 at most: half of them at each end.
    (sentence,) = said(changed(trial(), Kind.RESULT, "1", sd="5.2"))
    assert sentence == "Both have 5.2; scores on NRS (0 to 10) cannot have an SD above 5.07."
    assert said(changed(trial(), Kind.RESULT, "1", sd="5.05")) == []


def test_difference_is_left_to_the_one_who_settles_it():
    first = changed(trial(), Kind.RESULT, "1", sd="0.3")
    assert doubts(compare(first, replace(trial(), name="Ben"), WORDS), {}) == {}


def test_few_others_say_nothing():
    few = replace(trial(), rows=tuple(row for row in trial().rows if (row.kind, row.key) != (Kind.RESULT, "6")))
    assert said(changed(few, Kind.RESULT, "1", sd="0.3")) == []


@given(readings())
def test_question_is_only_about_what_both_have(reading):
    comparison = compare(reading, replace(reading, name="Ben"), WORDS)
    for path in doubts(comparison, {}):
        item = comparison.find(path)
        assert item is not None
        assert not item.differs


@pytest.mark.django_db
def test_page_shows_what_both_agree_on_and_a_third_value_can_be_taken():
    there = make_trial()
    for number in range(4):
        other = make.make_extraction(make.make_study(there.review))
        make.make_arm_result(make.make_arm(other), there.nrs, week=12, n=40, mean=4, sd=2 + number / 10)
        services.complete_extraction(by=there.cara, extraction=other)
    for reader in (there.anna, there.ben):
        read_as(there, reader, sd="0.3")
    client = Client()
    client.force_login(there.cara)
    address = reverse("admin:evidence_compare", args=[there.study.pk])

    response = client.get(address)
    page = response.content.decode()

    assert "Of what they agree on, 1 number looks unlikely." in page
    assert "both agree: look again" in page
    assert "0.3 times the root of n = 35 is 1.77: it looks like a standard error." in page
    row = next(row for row in response.context["page"].rows if row.is_doubted)
    sent = {"version": response.context["version"], "last_event": str(response.context["last_event"])}
    sent |= {f"take-{row.number}": "other", f"value-{row.number}": "1.8", f"reason-{row.number}": "0.3 is the SE"}
    assert client.post(address, sent).status_code == 302
    client.post(reverse("admin:evidence_compare_build", args=[there.study.pk]))
    consensus = there.study.extractions.get(is_consensus=True)
    assert Decimal("1.8") in consensus.arms.values_list("results__sd", flat=True)
