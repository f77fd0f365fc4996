"""The pages of screening: what they show, to whom, and that they grow with nothing."""

import re
from typing import Any

import pytest
from django.test import Client

from evidence.models import FlowCount, Record, ScreeningDecision, ScreeningPolicy, ScreeningState, Study
from tests.evidence.admin_pages import member_client
from tests.factories import make_review, make_search_round, make_study
from tests.screening_factories import make_policy, make_reason, make_record, make_records, make_team, settle

pytestmark = pytest.mark.django_db

ABSTRACT, FULL_TEXT = "title_abstract", "full_text"


def at(review: Any, page: str = "") -> str:
    return f"/admin/evidence/record/screening/{review.slug}/{page}"


def text_of(response: Any) -> str:
    html = re.sub(r"<(script|style).*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("&#x27;", "'").split())


def record_shown(response: Any) -> str:
    found = re.search(r'name="record" value="(\d+)"', response.content.decode())
    return found[1] if found else ""


def queue(client: Client, review: Any, stage: str = ABSTRACT, **sent: Any) -> Any:
    return client.post(at(review, f"queue/{stage}/"), sent, follow=True)


def test_the_queue_takes_one_record_after_the_other() -> None:
    review = make_review()
    first, second = make_records(review, 2)
    client = member_client(review, "reviewer")

    page = client.get(at(review, f"queue/{ABSTRACT}/"))
    assert record_shown(page) == str(first.pk)
    page = queue(client, review, record=first.pk, answer="include")
    assert (record_shown(page), "Included: " + first.title in text_of(page)) == (str(second.pk), True)
    page = queue(client, review, record=second.pk, answer="exclude")

    assert "Nothing waits for you here" in text_of(page)
    assert list(ScreeningDecision.objects.values_list("answer", "door")) == [("include", "queue"), ("exclude", "queue")]
    page = queue(client, review, answer="undo")
    assert record_shown(page) == str(second.pk)


@pytest.mark.parametrize("record", [None, "", "x", "0", "-1", "1e3", "9" * 30])
def test_an_answer_that_names_no_record_of_the_review_is_not_found(record: str | None) -> None:
    review = make_review()
    client = member_client(review, "owner")
    sent = {"answer": "include"} | ({} if record is None else {"record": record})

    for page in (f"queue/{ABSTRACT}/", f"conflicts/{ABSTRACT}/"):
        assert client.post(at(review, page), sent).status_code == 404


def test_a_record_that_is_put_off_comes_again_at_the_end() -> None:
    review = make_review()
    first, second = make_records(review, 2)
    client = member_client(review, "reviewer")

    assert record_shown(queue(client, review, record=first.pk, answer="skip")) == str(second.pk)
    assert record_shown(queue(client, review, record=second.pk, answer="include")) == str(first.pk)


def test_the_queue_excludes_for_a_reason_and_says_what_is_missing() -> None:
    review = make_review()
    record = make_record(review)
    make_policy(review, needs_reason=True)
    reason = make_reason(review, name="wrong population")
    client = member_client(review, "reviewer")

    assert f"Excluding “{record}” needs a reason." in text_of(queue(client, review, record=record.pk, answer="exclude"))
    page = queue(client, review, record=record.pk, answer="exclude", reason=reason.pk, note="children")

    assert "Excluded (wrong population)" in text_of(page)
    made = ScreeningDecision.objects.get()
    assert (made.reason, made.note) == (reason, "children")


def test_the_words_of_the_review_are_marked_and_nothing_of_a_record_is_markup() -> None:
    review = make_review()
    make_record(review, title="Randomised <b>trial</b>", abstract="Adults in a cohort; randomisation by lot.")
    make_policy(review, include_words="random*", exclude_words="cohort\nlot of")
    page = member_client(review, "reviewer").get(at(review, f"queue/{ABSTRACT}/")).content.decode()

    assert '<mark class="speaks-for">Randomised</mark> &lt;b&gt;trial&lt;/b&gt;' in page
    assert (
        'in a <mark class="speaks-against">cohort</mark>; <mark class="speaks-for">randomisation</mark> by lot.' in page
    )


def test_conflicts_are_settled_with_both_answers_in_sight() -> None:
    review = make_review()
    record = make_record(review)
    anna, ben = make_team(review, "anna", "ben")
    reason = make_reason(review, name="wrong design")
    settle(record, "include", [anna], note="looks randomised")
    settle(record, "exclude", [ben], reason=reason)
    client = member_client(review, "adjudicator")

    page = text_of(client.get(at(review, f"conflicts/{ABSTRACT}/")))
    for words in (str(anna), str(ben), "looks randomised", "wrong design", "Conflict 1 of 1"):
        assert words in page
    after = client.post(
        at(review, f"conflicts/{ABSTRACT}/"),
        {"record": record.pk, "answer": "include", "note": "see methods"},
        follow=True,
    )

    assert "No conflict waits for you" in text_of(after)
    assert ScreeningState.objects.get(record=record, stage=ABSTRACT).status == "included"
    ruling = ScreeningDecision.objects.get(is_adjudication=True)
    assert (ruling.decided_by, ruling.note) == (client.person, "see methods")  # type: ignore[attr-defined]


def test_who_has_read_a_record_does_not_settle_it() -> None:
    review = make_review()
    record = make_record(review)
    client = member_client(review, "adjudicator")
    settle(record, "include", [client.person])  # type: ignore[attr-defined]
    settle(record, "exclude", make_team(review, "ben"))

    page = text_of(client.get(at(review, f"conflicts/{ABSTRACT}/")))
    refused = client.post(at(review, f"conflicts/{ABSTRACT}/"), {"record": record.pk, "answer": "include"})

    assert "1 conflict is about records that you have read yourself" in page
    assert refused.status_code == 403
    assert ScreeningState.objects.get(record=record, stage=ABSTRACT).status == "conflict"


def test_the_board_counts_by_stage_and_person() -> None:
    review = make_review()
    records = make_records(review, 5)
    anna, ben = make_team(review, "anna", "ben")
    settle(records[0], "include", [anna, ben])
    settle(records[1], "exclude", [anna, ben])
    settle(records[2], "include", [anna])
    settle(records[2], "exclude", [ben])
    settle(records[3], "include", [anna])
    client = Client()
    client.force_login(ben)

    page = text_of(client.get(at(review)))

    assert "1 wait for a first reader 1 wait for a second reader 1 in conflict 1 included 1 excluded" in page
    assert "Screen: 2 wait for you" in page
    assert re.search(rf"{anna} 4 1 0 0", page)
    assert re.search(rf"{ben} 3 2 0 0", page)


def test_a_review_without_records_says_what_to_do() -> None:
    review = make_review()

    owner, viewer = member_client(review, "owner"), member_client(review, "viewer")

    assert "Add the search round , with its date" in text_of(owner.get(at(review)))
    assert "Somebody who records evidence adds the search round" in text_of(viewer.get(at(review)))
    assert "Records belong to a search round. Add the search round first" in text_of(owner.get(at(review, "add/")))
    assert "There are no records yet. Add the first" in text_of(owner.get(at(review, "records/")))
    assert "There is no search round yet" in text_of(owner.get(at(review, "flow/")))
    assert "Nothing waits for you here" in text_of(owner.get(at(review, f"queue/{FULL_TEXT}/")))


def test_records_are_filtered_and_searched_and_say_whom_they_wait_for() -> None:
    review = make_review()
    first = make_record(review, title="Übungen bei Rückenschmerz", doi="10.1000/A")
    second = make_record(review, title="A trial of rest")
    anna, ben = make_team(review, "anna", "ben")
    settle(first, "include", [anna])
    settle(second, "exclude", [anna, ben])
    client = Client()
    client.force_login(anna)

    def shown(query: str) -> set[str]:
        page = client.get(at(review, f"records/?{query}")).content.decode()
        return set(re.findall(r'name="record" value="(\d+)"', page))

    everything = {str(first.pk), str(second.pk)}
    assert shown("") == everything
    assert shown("q=ubungen+ruckenschmerz") == shown("q=10.1000/a") == shown("status=waiting") == {str(first.pk)}
    assert shown("status=excluded&stage=title_abstract") == {str(second.pk)}
    assert shown("status=mine") == shown("q=nothing+like+it") == shown("stage=full_text") == set()
    assert shown(f"round={first.search_round_id}") == everything
    assert shown("round=0") == set()
    assert f"one reader: {ben}" in text_of(client.get(at(review, "records/?status=waiting")))


def test_many_records_are_answered_and_taken_back_at_once() -> None:
    review = make_review()
    records = make_records(review, 3)
    client = member_client(review, "reviewer")
    ticked = [record.pk for record in records[:2]]

    address = at(review, "records/?status=waiting")
    page = client.post(address, {"record": ticked, "stage": ABSTRACT, "answer": "exclude"}, follow=True)
    assert "Your answer is recorded for 2 record(s)." in text_of(page)
    assert ScreeningDecision.objects.filter(door="bulk").count() == 2
    assert "Tick the records" in text_of(client.post(address, {"stage": ABSTRACT, "answer": "exclude"}, follow=True))
    mark = re.search(r'name="undo" value="(\w+)"', page.content.decode())
    assert mark is not None
    page = client.post(address, {"undo": mark[1]}, follow=True)

    assert "2 answer(s) taken back." in text_of(page)
    assert 'name="undo"' not in page.content.decode()
    assert set(ScreeningState.objects.values_list("answered", flat=True)) == {0}


def test_records_are_pasted_line_by_line() -> None:
    review = make_review()
    search_round = make_search_round(review)
    client = member_client(review, "reviewer")
    lines = (
        "Exercise for pain (2019) https://doi.org/10.1000/XYZ.1\n\nMotor control | PMID 12345678\n"
        "Yoga and backs\t23456789\nExercise for pain. doi:10.1000/xyz.1"
    )

    page = client.post(at(review, "add/"), {"search_round": search_round.pk, "lines": lines}, follow=True)

    assert "3 record(s) added. 1 had a DOI or PMID that was there already" in text_of(page)
    rows = Record.objects.order_by("pk").values_list("title", "year", "doi", "pmid")
    assert set(rows) == {
        ("Exercise for pain", 2019, "10.1000/xyz.1", ""),
        ("Motor control", None, "", "12345678"),
        ("Yoga and backs", None, "", "23456789"),
        ("Exercise for pain", None, "10.1000/xyz.1", ""),
    }
    assert ScreeningState.objects.count() == 3


def test_a_line_that_cannot_be_read_is_named_beside_the_field_and_nothing_is_added() -> None:
    review = make_review()
    search_round = make_search_round(review)
    client = member_client(review, "reviewer")

    page = client.post(at(review, "add/"), {"search_round": search_round.pk, "lines": "A title\n10.1000/xyz"})
    assert "Line 2 has no title." in text_of(page)
    page = client.post(at(review, "add/"), {"search_round": search_round.pk, "lines": "A title (1066)"})
    assert "Row 1: year: The year must lie between 1500 and 2100." in text_of(page)
    page = client.post(at(review, "add/"), {"lines": ""})
    assert "Search round is missing." in text_of(page)

    assert Record.objects.count() == 0


def test_the_page_of_a_record_leads_from_duplicate_to_study() -> None:
    review = make_review()
    record = make_record(review, title="Motor control", authors="Aasa, B; Berglund, L", year=2015)
    twin = make_record(review, title="Motor control again")
    client = member_client(review, "adjudicator")
    page = at(review, f"record/{twin.pk}/")

    after = client.post(page, {"act": "duplicate", "of": "99999999"}, follow=True)
    assert "There is no record number “99999999” in this review" in text_of(after)
    after = client.post(page, {"act": "duplicate", "of": record.pk, "why": "same trial"}, follow=True)
    assert f"This record is a duplicate of record {record.pk} and is not screened." in text_of(after)
    assert twin.states.get().status == "removed"
    client.post(page, {"act": "restore"})
    assert twin.states.get().status == "waiting"

    anna, ben = make_team(review, "anna", "ben")
    for stage in (ABSTRACT, FULL_TEXT):
        settle(record, "include", [anna, ben], stage)
    page = at(review, f"record/{record.pk}/")
    assert 'value="Aasa_2015"' in client.get(page).content.decode()
    client.post(page, {"act": "study", "code": "Aasa_2015", "label": "Aasa 2015"})
    study = Study.objects.get()
    assert (study.code, study.reports.get().citation) == (
        "Aasa_2015",
        "Aasa, B; Berglund, L (2015). Motor control.",
    )
    assert "A report of Aasa 2015" in text_of(client.get(page))
    assert "unlink it from the study first" in text_of(
        client.post(
            page,
            {"act": "overrule", "stage": FULL_TEXT, "answer": "exclude", "why": "no", "reason": make_reason(review).pk},
            follow=True,
        )
    )
    client.post(page, {"act": "unlink", "why": "another trial"})
    other = make_study(review)
    client.post(page, {"act": "link", "study": other.code})
    record.refresh_from_db()
    assert record.report is not None
    assert record.report.study == other


def test_the_rules_are_changed_on_their_page_and_hold_at_once() -> None:
    review = make_review()
    record = make_record(review)
    settle(record, "include", make_team(review, "anna"))
    client = member_client(review, "owner")
    sent = {
        "review": review.pk,
        "title_abstract_readers": "single",
        "title_abstract_share": 20,
        "full_text_readers": "dual",
        "full_text_share": 20,
        "order": "found",
        "seed": 1,
        "include_words": "",
        "exclude_words": "",
    }

    address = "/admin/evidence/screeningpolicy/add/"
    refused = client.post(address, {**sent, "title_abstract_share": 120})
    assert "percent that two people read cannot be above 100." in text_of(refused)
    assert client.post(address, sent).status_code == 302

    assert ScreeningPolicy.objects.get(review=review).history.get().history_user == client.person  # type: ignore[attr-defined]
    assert ScreeningState.objects.get(record=record, stage=ABSTRACT).status == "included"
    assert "one reader" in text_of(client.get(at(review)))


def test_the_flow_is_shown_and_recorded() -> None:
    review = make_review()
    records = make_records(review, 3)
    settle(records[0], "exclude", make_team(review, "anna", "ben"))
    client = member_client(review, "reviewer")

    assert "Records screened – 1 –" in text_of(client.get(at(review, "flow/")))
    page = client.post(at(review, "flow/"), {"round": records[0].search_round_id}, follow=True)

    assert "Records screened – 1 1" in text_of(page)
    assert FlowCount.objects.get(box="records_identified").count == 3
