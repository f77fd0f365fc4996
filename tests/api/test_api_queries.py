"""What any address may be asked: each name once, with a value, in an address that is not too long."""

import pytest

from evidence.api.paging import read_cursor, write_cursor
from evidence.models import Study
from tests import factories
from tests.api.programs import member_program, says
from tests.api.test_api_matrix import TABLE

pytestmark = pytest.mark.django_db

# What would silently count as not asked, or as its last value.
HALF_ASKED = {
    "page_size=&page_size=5": "“page_size” is there 2 times; say it once.",
    "page_size=5&page_size=5": "“page_size” is there 2 times; say it once.",
    "format=json&format=json": "“format” is there 2 times; say it once.",
    "page_size=": "“page_size” is there without a value; give one, or leave it out.",
    "format=": "“format” is there without a value; give one, or leave it out.",
    "search=": "“search” is there without a value; give one, or leave it out.",
    "review=": "“review” is there without a value; give one, or leave it out.",
    "fields=": "“fields” is there without a value; give one, or leave it out.",
}


def test_names_are_said_once_and_with_a_value_at_every_address():
    program = member_program(factories.make_review(), "owner")
    for path in ("", "schema/", *(f"{word}/" for word in TABLE), "studies/1/", "studies/1/history/"):
        for query, sentence in HALF_ASKED.items():
            response = program.get(f"{path}?{query}")
            assert response.status_code == 400, (path, query)
            assert says(response) == sentence


def test_what_is_asked_while_writing_is_said_once_too():
    study = factories.make_study()
    program = member_program(study.review, "owner")
    sent = {"review": study.review.slug, "code": "New", "label": "New"}
    assert program.post("studies/?format=", sent).status_code == 400
    assert program.ask("DELETE", f"studies/{study.pk}/?format=json&format=json", If_Match="x").status_code == 400
    assert Study.objects.get() == study


def test_who_may_not_enter_is_told_so_first():
    program = member_program(factories.make_review())
    program.headers = {}
    assert program.get("studies/?page_size=").status_code == 401


def test_blank_is_a_value_that_no_row_has():
    study = factories.make_study()
    program = member_program(study.review)
    assert len(program.rows(f"studies/?review={study.review.slug}")) == 1
    assert program.rows("studies/?review=%20") == program.rows("studies/?code=%20") == []
    response = program.get("studies/?fields=id,,code")
    assert response.status_code == 400
    assert "There is no field “”" in says(response)


def test_long_address_is_refused_with_a_sentence():
    program = member_program(factories.make_review())
    assert program.get(f"studies/?search={'x' * 3900}").status_code == 200
    response = program.get(f"studies/?search={'x' * 4000}")
    assert response.status_code == 414
    assert says(response) == "The address is longer than 4000 letters; ask for less at once."


def test_cursors_of_long_words_fit_into_an_address():
    longest = "題" * 300  # the longest word that a list is ordered by
    cursor = write_cursor(["title", longest, 2**62])
    assert len(cursor) < 2000
    assert read_cursor(cursor, length=3) == ["title", longest, 2**62]


@pytest.mark.parametrize("word", ["studies", "claims", "effects"])
@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("cursor=WzEsIDJd", "A table is given whole; leave “cursor” out."),
        ("cursor=%1B", "A table is given whole; leave “cursor” out."),
        ("page_size=0", "page_size is a whole number from 1 to 500."),
    ],
)
def test_table_is_given_whole(word, query, sentence):
    review = factories.make_review()
    program = member_program(review)
    response = program.get(f"{word}/?review={review.slug}&format=csv&{query}")
    assert response.status_code == 400
    assert says(response) == sentence


def test_table_is_in_the_order_that_is_asked_for():
    review = factories.make_review()
    for year in (2001, None, 2003):
        factories.make_study(review, year=year)
    program = member_program(review)
    table = program.get("studies/?format=csv&fields=year&ordering=-year").content.decode()
    assert table.split() == ["year", "2003", "2001", '""']
    assert "is no order of this list" in says(program.get("studies/?format=csv&ordering=luck"))
