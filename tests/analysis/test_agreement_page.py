"""The page of agreement: what it shows, to whom, in how many queries, and its file."""

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from analysis.services.agreement import Work
from evidence.models import Membership
from tests import factories
from tests.analysis.agreement_world import ReadingWorld, make_reading_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> ReadingWorld:
    return make_reading_world()


def address(world: ReadingWorld, work: str = "") -> str:
    if work:
        return reverse("admin:analysis_agreement_work", args=[world.review.slug, work])
    return reverse("admin:analysis_agreement", args=[world.review.slug])


def file_address(world: ReadingWorld, work: str) -> str:
    return reverse("admin:analysis_agreement_file", args=[world.review.slug, work])


def fill(world: ReadingWorld, *, studies: int = 3, records: int = 12) -> None:
    """Let both read records and studies, with differences here and there."""
    start = len(world.records)
    world.add_records(records)
    ahead = "." * start
    world.screen(world.anna, ahead + ("e" * (records - 2) + "ie"))
    world.screen(world.ben, ahead + ("e" * (records - 2) + "ei"))
    for number in range(studies):
        study = world.study()
        world.assess(world.anna, study, "low" if number % 2 else "high")
        world.assess(world.ben, study, "low")
        world.extract(world.anna, study, [{"label": "Exercise", "mean": "3.1"}, {"label": "Education", "mean": "4"}])
        world.extract(world.ben, study, [{"label": "Exercise", "mean": "3.1"}, {"label": "Education", "mean": "4.4"}])


def test_empty_review_says_that_there_is_nothing(world: ReadingWorld):
    said = world.client(world.owner).get(address(world)).content.decode()

    assert "No two readers have answered the same item yet." in said
    assert "Download" not in said


def test_page_shows_each_question_with_its_pair_numbers_and_table(world: ReadingWorld):
    fill(world)

    said = world.client(world.anna).get(address(world)).content.decode()

    assert "Include or exclude" in said
    assert "Anna and Ben" in said
    assert "83% [55, 95]" in said
    assert "−0.09" in said
    assert "one answer dominates" in said
    assert "Anna in rows, Ben in columns" in said
    assert "prevalence index −0.83, bias index 0.00" in said


def test_page_opens_with_the_work_that_was_begun(world: ReadingWorld):
    def opened() -> str:
        return str(world.client(world.anna).get(address(world)).context["work"])

    assert opened() == Work.EXTRACTION
    study = world.study()
    world.assess(world.anna, study, "low", submit=False)
    assert opened() == Work.RISK_OF_BIAS
    world.add_records(1)
    assert opened() == Work.SCREENING


def test_ordered_answers_have_weighted_coefficients_and_numbers_only_alpha(world: ReadingWorld):
    fill(world, studies=5)
    client = world.client(world.anna)

    bias, extraction = (client.get(address(world, work)).content.decode() for work in ("risk-of-bias", "extraction"))

    assert "Weighted kappa [CI]" in bias
    assert "AC2 [CI]" in bias
    assert "Weighted kappa [CI]" not in extraction
    assert "Numbers have no categories that chance could agree on; see alpha." in extraction
    (part,) = [p for p in client.get(address(world, "extraction")).context["parts"] if p.title == "Results of arms"]
    (mean,) = [question for question in part.questions if question.asked.title == "Mean"]
    assert mean.rows[0].cells["percent"].startswith("50%")
    assert mean.rows[0].cells["kappa"] == "–"


def test_one_answer_only_says_why_kappa_is_missing(world: ReadingWorld):
    world.add_records(3)
    world.screen(world.anna, "eee")
    world.screen(world.ben, "eee")

    said = world.client(world.anna).get(address(world)).content.decode()

    assert "100% [44, 100]" in said
    assert "Cohen&#x27;s kappa is undefined: all answers are in one category" in said


def test_open_answers_are_told_as_a_number_only(world: ReadingWorld):
    world.add_records(3)
    world.screen(world.anna, "iee")
    world.screen(world.ben, "i..")

    said = world.client(world.ben).get(address(world)).content.decode()

    assert "2 items are left out, because not everybody who has to answer them has done so." in said
    assert world.client(world.ben).get(address(world)).context["parts"][0].questions[0].rows[0].items == 1


@pytest.mark.parametrize("role", list(Membership.Role))
def test_every_role_of_the_review_reads_page_and_file(world: ReadingWorld, role: str):
    fill(world, studies=1)
    member = factories.make_membership(world.review, role=role).user
    client = world.client(member)

    for work in Work:
        assert client.get(address(world, work)).status_code == 200
        assert client.get(file_address(world, work)).status_code == 200


def test_strangers_find_neither_page_nor_file(world: ReadingWorld):
    fill(world, studies=1)
    client = world.client(factories.make_membership(factories.make_review()).user)

    for found in (address(world), address(world, Work.SCREENING), file_address(world, Work.SCREENING)):
        assert client.get(found).status_code == 404


def test_unknown_work_is_not_found_and_nothing_can_be_posted(world: ReadingWorld):
    client = world.client(world.owner)

    assert client.get(address(world, "cooking")).status_code == 404
    assert client.get(file_address(world, "cooking")).status_code == 404
    for found in (address(world), file_address(world, Work.SCREENING)):
        assert client.post(found).status_code == 405


def test_file_has_a_row_for_each_question_pair_and_coefficient(world: ReadingWorld):
    fill(world)

    response = world.client(world.anna).get(file_address(world, Work.SCREENING))
    rows = list(csv.DictReader(io.StringIO(response.content.decode())))
    decision = {row["coefficient"]: row for row in rows if row["question"] == "Include or exclude"}

    assert response["Content-Disposition"] == f'attachment; filename="{world.review.slug}-agreement-screening.csv"'
    assert list(decision) == ["percent", "kappa", "ac", "pabak", "alpha"]
    assert {(row["first_reader"], row["second_reader"], row["items"]) for row in rows} == {("Anna", "Ben", "12")}
    assert float(decision["percent"]["estimate"]) == pytest.approx(10 / 12)
    assert float(decision["kappa"]["estimate"]) == pytest.approx(-1 / 11)
    assert decision["percent"]["ci_method"] == "wilson"
    assert decision["alpha"]["weights_or_metric"] == "nominal"


def test_file_says_why_a_coefficient_is_missing_and_no_cell_is_a_formula(world: ReadingWorld):
    world.anna.first_name = "=SUM(A1)"
    world.anna.save()
    world.add_records(2)
    world.screen(world.anna, "ee")
    world.screen(world.ben, "ee")

    response = world.client(world.owner).get(file_address(world, Work.SCREENING))
    rows = list(csv.DictReader(io.StringIO(response.content.decode())))

    assert {row["first_reader"] for row in rows} == {"'=SUM(A1)"}
    assert any("all answers are in one category" in row["note"] for row in rows if row["coefficient"] == "kappa")


@pytest.mark.parametrize("work", list(Work))
def test_queries_do_not_grow_with_the_rows(world: ReadingWorld, work: str):
    client = world.client(world.owner)
    counts = []
    for _ in range(2):
        fill(world, studies=2, records=4)
        with CaptureQueriesContext(connection) as queries:
            client.get(address(world, work))
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_review_leads_to_its_agreement(world: ReadingWorld):
    page = world.client(world.owner).get(reverse("admin:evidence_review_change", args=[world.review.pk]))

    assert address(world) in page.content.decode()
