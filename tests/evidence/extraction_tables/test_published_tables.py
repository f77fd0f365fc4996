"""Tables as others published them come in as they are, and what came in leaves as a workbook and comes back.

Length of hospital stay of patients with stroke, specialised against routine care (Normand 1999, Statistics in Medicine
18:321-359), with the names of columns of R's metadat; and trials of BCG with 2 x 2 counts (Colditz 1994, JAMA
271:698-702) with the names that R's metafor gives to them.
"""

import csv
import json
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from evidence.exporters.asking import Order
from evidence.exporters.review_folder import write_review_folder
from evidence.models import ArmResult, Instrument, Outcome, Review
from evidence.services import create_review
from tests.evidence.extraction_tables.reviews import empty_copy, export, load, sentences, table, written
from tests.factories import saved

pytestmark = pytest.mark.django_db
STAY = """\
"study","source","n1i","m1i","sd1i","n2i","m2i","sd2i"
1,"Edinburgh",155,55,47,156,75,64
2,"Orpington-Mild",31,27,7,32,29,4
3,"Orpington-Moderate",75,64,17,71,119,29
4,"Orpington-Severe",18,66,20,18,137,48
5,"Montreal-Home",8,14,8,13,18,11
6,"Montreal-Transfer",57,19,7,52,18,4
7,"Newcastle",34,52,45,33,41,34
8,"Umea",110,21,16,183,31,27
9,"Uppsala",60,30,27,52,23,20
"""
BCG = json.loads((Path(__file__).parents[2] / "reference" / "tables" / "bcg.json").read_text(encoding="utf-8"))
NUMBERS = ("arm__extraction__study__label", "arm__number", "n", "mean", "sd", "events", "total")


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("ann")


@pytest.fixture
def review(owner: User) -> Review:
    """A review with what the tables measure, and without studies."""
    review = create_review(by=owner, title="Published", slug="published")
    stay = saved(Outcome(review=review, code="stay", name="Hospital stay", direction="lower"))
    saved(Instrument(outcome=stay, code="days", name="Days", direction="lower"))
    illness = saved(Outcome(review=review, code="tb", name="Tuberculosis", direction="lower"))
    saved(Instrument(outcome=illness, code="cases", name="Cases", kind="dichotomous", direction="lower"))
    return review


def numbers(review: Review) -> list[tuple[object, ...]]:
    """Give all numbers of arms, by study and arm."""
    rows = ArmResult.objects.filter(arm__extraction__study__review=review)
    return sorted(rows.values_list(*NUMBERS), key=lambda row: (row[0], row[1]))


def assert_comes_back(owner: User, review: Review, tmp_path: Path) -> None:
    """Take the review out as a workbook, and bring that into an empty copy."""
    write_review_folder(Order(owner, review), tmp_path / "words")
    copy = empty_copy(owner, tmp_path / "words", tmp_path / "copy", slug="copy")
    path = tmp_path / "review.xlsx"
    path.write_bytes(export(owner, review, "workbook"))

    assert sentences(load(owner, copy, path)) == []

    assert numbers(copy) == numbers(review)
    assert written(load(owner, review, path)) == {}


def test_means_of_hospital_stay(owner: User, review: Review, tmp_path: Path) -> None:
    path = tmp_path / "stay.csv"
    path.write_text(STAY, encoding="utf-8")
    asked = {"instrument": "stay/days", "week": "52", "first_is": "experimental"}

    result = load(owner, review, path, **asked)

    assert sentences(result) == []
    printed = [
        list(map(int, [row["study"], *(row[name] for name in row if name.endswith("i"))]))
        for row in csv.DictReader(STAY.splitlines())
    ]
    assert [list(map(int, (row[0], *row[2:5]))) for row in numbers(review)] == [
        [study, *three] for study, *six in printed for three in (six[:3], six[3:])
    ]
    assert written(load(owner, review, path, **asked)) == {}
    assert_comes_back(owner, review, tmp_path)


def test_counts_of_tuberculosis(owner: User, review: Review, tmp_path: Path) -> None:
    columns = ("ai", "n1i", "ci", "n2i")
    trials = list(zip(*(BCG["data"][name] for name in columns), strict=True))
    rows = [("trial", *columns), *((f"Trial {number:02}", *cells) for number, cells in enumerate(trials, start=1))]
    path = table(tmp_path / "bcg.xlsx", list(map(list, rows)))
    asked = {"instrument": "tb/cases", "week": "52", "first_is": "experimental"}

    result = load(owner, review, path, **asked)

    assert sentences(result) == []
    assert [row[-2:] for row in numbers(review)] == [two for row in trials for two in (row[:2], row[2:])]
    assert_comes_back(owner, review, tmp_path)
