"""Duplicates in a review: clear ones marked as one act, doubtful ones answered by a person, all taken back again."""

import io
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evidence.models import ChangeBatch, DoubtfulPair, Record, Review, ScreeningState
from evidence.permissions import NotAllowed
from evidence.services import screening, undo
from tests.evidence.admin_pages import member_client
from tests.factories import make_membership, make_review, make_search_round, make_user
from tests.screening_factories import make_doubtful_pair, make_owner, make_source, make_team, settle

pytestmark = pytest.mark.django_db

TITLE = "Low-load motor control exercises and a high-load lifting exercise for chronic low back pain"
PAPER = {
    "title": TITLE,
    "authors": "Aasa, B; Berglund, L",
    "year": 2015,
    "journal": "Journal of Orthopaedic and Sports Physical Therapy",
    "volume": "45",
    "pages": "77-85",
}


def add(review: Review, *rows: dict[str, Any], database: str = "") -> list[Record]:
    """Add records, each in a call of its own, as from several databases."""
    found = []
    search_round = review.search_rounds.first() or make_search_round(review)
    for number, row in enumerate(rows):
        before = set(review.records.values_list("pk", flat=True))
        source = make_source(search_round, database=f"{database or 'Database'} {number} {len(before)}")
        screening.add_records(by=make_owner(review), search_round=search_round, rows=[row], source=source)
        found += list(review.records.exclude(pk__in=before))
    return found


def status(record: Record) -> str:
    return ScreeningState.objects.get(record=record, stage="title_abstract").status


def at(review: Review) -> str:
    return f"/admin/evidence/record/screening/{review.slug}/duplicates/"


def text_of(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_clear_duplicates_leave_screening_as_one_act_with_their_identifiers_and_come_back_with_it() -> None:
    review = make_review()
    first, second, third, other = add(
        review,
        {**PAPER, "accession": "L1"},
        {**PAPER, "journal": "J Orthop Sports Phys Ther", "pmid": "25641309", "accession": "M2"},
        {**PAPER, "title": TITLE.upper()},
        {**PAPER, "title": f"{TITLE}. Part II", "pages": "86-95"},
    )
    owner = make_owner(review)

    done = screening.deduplicate(by=owner, review=review)

    assert (done.records, done.marked, done.doubtful) == (4, 2, 0)
    kept = Record.objects.get(pk=second.pk)
    assert set(kept.duplicates.all()) == {first, third}
    assert Record.objects.get(pk=first.pk).accession == "L1"
    assert [status(record) for record in (first, second, third, other)] == ["removed", "waiting", "removed", "waiting"]
    assert {entry.history_batch for entry in Record.history.filter(id=first.pk, history_type="~")} == {done.act.pk}
    assert screening.deduplicate(by=owner, review=review).act is None

    undo(by=owner, batch=done.act, reason="too early")

    assert not Record.objects.filter(duplicate_of__isnull=False).exists()
    assert {status(record) for record in (first, second, third)} == {"waiting"}


def test_nothing_that_readers_have_built_upon_is_marked() -> None:
    review = make_review()
    records = add(review, PAPER, PAPER, PAPER)
    for record in records[1:]:
        settle(record, "include", make_team(review, "anna"))

    done = screening.deduplicate(by=make_owner(review), review=review)

    assert (done.marked, done.doubtful) == (1, 1)
    assert Record.objects.get(pk=records[0].pk).duplicate_of == records[1]
    pair = DoubtfulPair.objects.get()
    assert (pair.first, pair.second) == (records[1], records[2])
    assert "Readers have answered both" in pair.reasons


def test_an_answer_is_kept_and_not_asked_again_until_it_is_taken_back() -> None:
    review = make_review()
    add(review, {**PAPER, "doi": "10.1000/a"}, {**PAPER, "doi": "10.1000/b"})
    owner = make_owner(review)
    assert screening.deduplicate(by=owner, review=review).doubtful == 1
    pair = screening.waiting_pairs(review).get()
    assert "different: DOI" in pair.reasons

    screening.answer_pair(by=owner, pair=pair, answer="distinct")

    assert screening.deduplicate(by=owner, review=review).doubtful == 0
    with pytest.raises(ValidationError, match="has answered this pair already: not duplicates"):
        screening.answer_pair(by=owner, pair=pair, answer="duplicate")
    screening.take_back(by=owner, review=review)
    assert screening.waiting_pairs(review).get() == pair
    with pytest.raises(ValidationError, match="answered no pair"):
        screening.take_back(by=owner, review=review)


def test_duplicates_by_a_persons_word_are_taken_back_with_the_copies_of_both() -> None:
    review = make_review()
    first, copy, second, other_copy = add(
        review,
        {**PAPER, "doi": "10.1000/a"},
        {**PAPER, "doi": "10.1000/a", "pmid": "1"},
        {**PAPER, "doi": "10.1000/b"},
        {**PAPER, "doi": "10.1000/b", "pmid": "2"},
    )
    owner = make_owner(review)
    before = dict(Record.objects.values_list("pk", "duplicate_of"))
    assert before == {first.pk: None, copy.pk: first.pk, second.pk: None, other_copy.pk: second.pk}
    screening.deduplicate(by=owner, review=review)

    screening.answer_pair(by=owner, pair=screening.waiting_pairs(review).get(), answer="duplicate")

    assert dict(Record.objects.values_list("pk", "duplicate_of")) == {
        first.pk: None,
        **dict.fromkeys((copy.pk, second.pk, other_copy.pk), first.pk),
    }
    assert status(second) == "removed"
    screening.take_back(by=owner, review=review)
    assert dict(Record.objects.values_list("pk", "duplicate_of")) == before
    assert status(second) == "waiting"
    assert ChangeBatch.objects.filter(undone_at__isnull=False).count() == 1


def test_records_that_somebody_took_apart_are_not_joined_again() -> None:
    review = make_review()
    first, second = add(review, PAPER, PAPER)
    owner = make_owner(review)
    screening.deduplicate(by=owner, review=review)
    marked, kept = (second, first) if Record.objects.get(pk=second.pk).duplicate_of_id else (first, second)

    screening.mark_duplicate(by=owner, record=marked, of=None, reason="two papers")

    assert screening.deduplicate(by=owner, review=review).marked == 0
    assert not screening.waiting_pairs(review).exists()
    assert DoubtfulPair.objects.get(first=min(marked.pk, kept.pk)).answer == "distinct"


def test_what_only_shares_a_doi_is_screened() -> None:
    """Abstracts of a congress stand under the DOI of their supplement."""
    review = make_review()
    rows = [{"title": title, "doi": "10.1000/supplement"} for title in (TITLE, "Yoga for neck pain in students", TITLE)]

    search_round = make_search_round(review)
    added = screening.add_records(by=make_owner(review), search_round=search_round, rows=rows)

    assert added == screening.Added(records=2, duplicates=1)
    assert screening.deduplicate(by=make_owner(review), review=review).doubtful == 1


def come_in(review: Review, owner: User, *rows: dict[str, Any]) -> ChangeBatch:
    """Let records come in; give the act that they came in as."""
    search_round = review.search_rounds.first() or make_search_round(review)
    screening.add_records(by=owner, search_round=search_round, rows=rows)
    return ChangeBatch.objects.filter(review=review).order_by("-pk")[0]


def test_pairs_that_wait_go_with_the_import_of_a_record_and_are_found_when_it_comes_in_again() -> None:
    review = make_review()
    owner = make_owner(review)
    come_in(review, owner, {**PAPER, "doi": "10.1000/a"})
    act = come_in(review, owner, {**PAPER, "doi": "10.1000/b"}, {**PAPER, "doi": "10.1000/c"})
    assert screening.deduplicate(by=owner, review=review).doubtful == 3
    client = member_client(review, "adjudicator")
    address = f"/admin/evidence/changebatch/{act.pk}"

    page = client.post(f"{address}/undo/", {"reason": "The wrong file"}, follow=True)

    assert "It is undone: 2 changes were taken back" in text_of(page)
    assert Record.objects.get().doi == "10.1000/a"
    assert not DoubtfulPair.objects.exists()
    gone = DoubtfulPair.history.filter(history_type="-")
    assert [entry.history_change_reason for entry in gone] == [
        "Undo of “Records added to search round 1”: The wrong file"
    ] * 3
    assert "No pair waits" in text_of(client.get(at(review)))
    come_in(review, owner, {**PAPER, "doi": "10.1000/b"})
    assert screening.deduplicate(by=owner, review=review).doubtful == 1


def test_pair_that_is_answered_keeps_an_import_until_the_answer_is_taken_back() -> None:
    review = make_review()
    owner = make_owner(review)
    act = come_in(review, owner, {**PAPER, "doi": "10.1000/a"}, {**PAPER, "doi": "10.1000/b"}, {"title": "Tea"})
    screening.deduplicate(by=owner, review=review)
    pair = screening.answer_pair(by=owner, pair=screening.waiting_pairs(review).get(), answer="distinct")
    client = member_client(review, "adjudicator")

    page = client.post(f"/admin/evidence/changebatch/{act.pk}/undo/", {"reason": "x"}, follow=True)

    assert f"{owner} has said that “{TITLE}” and “{TITLE}” are not duplicates. Take that answer back" in text_of(page)
    assert (Record.objects.count(), DoubtfulPair.objects.get().answer) == (3, "distinct")
    page = client.post(at(review), {"answer": "take back", "pair": pair.pk}, follow=True)
    assert "is taken back; the pair waits again" in text_of(page)
    page = client.post(f"/admin/evidence/changebatch/{act.pk}/undo/", {"reason": "x"}, follow=True)
    assert "It is undone: 3 changes were taken back" in text_of(page)
    assert not Record.objects.exists()


def test_answers_of_others_are_taken_back_by_who_adjudicates_only() -> None:
    pair = make_doubtful_pair()
    review = pair.review
    anna = make_membership(review, make_user(), "reviewer").user
    ben = make_membership(review, make_user(), "reviewer").user
    screening.answer_pair(by=anna, pair=pair, answer="distinct")
    with pytest.raises(NotAllowed):
        screening.take_back(by=ben, review=review, pair=pair)
    screening.take_back(by=anna, review=review, pair=pair)
    with pytest.raises(ValidationError, match="Nobody has answered this pair"):
        screening.take_back(by=anna, review=review, pair=pair)
    screening.answer_pair(by=anna, pair=pair, answer="duplicate")

    screening.take_back(by=make_membership(review, make_user(), "adjudicator").user, review=review, pair=pair)

    assert screening.waiting_pairs(review).get() == pair
    assert not Record.objects.filter(duplicate_of__isnull=False).exists()
    others = make_doubtful_pair()
    with pytest.raises(ValidationError, match="Nobody has answered this pair"):
        screening.take_back(by=anna, review=review, pair=others)


def test_who_may() -> None:
    pair = make_doubtful_pair()
    viewer = make_membership(pair.review, make_user(), "viewer").user
    for ask in (screening.propose_duplicates, screening.deduplicate, screening.take_back):
        with pytest.raises(NotAllowed):
            ask(by=viewer, review=pair.review)
    with pytest.raises(NotAllowed):
        screening.answer_pair(by=viewer, pair=pair, answer="distinct")
    assert member_client(pair.review, "viewer").get(at(pair.review)).status_code == 403
    assert member_client(make_review(), "owner").get(at(pair.review)).status_code == 404


def test_the_page_shows_both_sides_takes_answers_and_ends() -> None:
    review = make_review()
    client = member_client(review, "reviewer")
    assert "There are no records yet" in text_of(client.get(at(review)))
    add(review, {**PAPER, "doi": "10.1000/a"}, {**PAPER, "doi": "10.1000/b"})
    assert "No pair waits" in text_of(client.get(at(review)))

    page = client.post(at(review), {"answer": "look"}, follow=True)

    assert "2 records looked through. Clear duplicates marked: 0; pairs that wait for an answer: 1." in text_of(page)
    assert '<mark class="differs">10.1000/b</mark>' in page.content.decode()
    assert "0 of 1 pair answered" in text_of(page)
    board = client.get(f"/admin/evidence/record/screening/{review.slug}/")
    assert "Duplicates (1 possible pair waits for you)" in text_of(board)
    pair = DoubtfulPair.objects.get()
    page = client.post(at(review), {"answer": "duplicate", "pair": pair.pk}, follow=True)
    assert "All pairs are answered" in text_of(page)
    assert "What was said Show 1 answer" in text_of(page)
    page = client.post(at(review), {"answer": "undo"}, follow=True)
    assert "the pair waits again" in text_of(page)
    assert client.post(at(review), {"answer": "distinct", "pair": "x"}).status_code == 404
    client.post(at(review), {"answer": "perhaps", "pair": pair.pk})
    assert DoubtfulPair.objects.get().answer == ""


def test_nothing_of_a_record_is_markup() -> None:
    pair = make_doubtful_pair()
    for record, title in ((pair.first, "A <b>trial</b> of lifting"), (pair.second, "A <i>trial</i> of yoga")):
        record.title = title
        screening.correct_record(by=make_owner(pair.review), record=record)

    page = member_client(pair.review, "reviewer").get(at(pair.review)).content.decode()

    assert '<mark class="differs">&lt;b&gt;trial&lt;/b&gt;</mark>' in page


def test_the_page_takes_as_many_queries_for_one_pair_as_for_many() -> None:
    counts = []
    for pairs in (1, 12):
        review = make_review()
        for _ in range(pairs):
            make_doubtful_pair(review)
        client = member_client(review, "reviewer")
        client.get(at(review))
        with CaptureQueriesContext(connection) as queries:
            client.get(at(review))
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 20


def test_the_command_rehearses_and_marks() -> None:
    review = make_review()
    add(review, PAPER, PAPER, {**PAPER, "doi": "10.1000/a"}, {**PAPER, "doi": "10.1000/b"})
    owner = make_owner(review)
    out = io.StringIO()

    call_command("deduplicate", "--review", review.slug, "--as", owner.username, "--dry-run", stdout=out)
    assert "Nothing was changed" in out.getvalue()
    assert not Record.objects.filter(duplicate_of__isnull=False).exists()
    call_command("deduplicate", "--review", review.slug, "--as", owner.username, stdout=out)

    assert "4 records looked through. Clear duplicates marked: 2;" in out.getvalue()
    assert "It can be undone as a whole" in out.getvalue()
