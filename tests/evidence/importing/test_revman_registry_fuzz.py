"""Files of RevMan and of ClinicalTrials.gov that were damaged: no crash, and never a part of a row."""

import copy
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from evidence.importers.building import Building
from evidence.importers.catalogue import Catalogue
from evidence.importers.opening import Unreadable
from evidence.importers.registry import add_record
from evidence.importers.registry.answers import read_answers
from evidence.importers.registry.source import read_records
from evidence.importers.registry.trials import Trial
from evidence.importers.revman.answers import read_answers as read_revman_answers
from evidence.importers.revman.content import Content
from evidence.importers.revman.csv_files import read_csv
from evidence.importers.revman.filling import Filling as RevManFilling
from evidence.importers.revman.judging import add_judgements
from evidence.importers.revman.results import add_results
from evidence.importers.revman.rm5 import read_rm5
from evidence.importers.revman.studies import add_studies
from evidence.importers.standing import Standing
from evidence.models import ArmResult, ChangeBatch, Instrument, Outcome, Review, Study
from tests.evidence.importing.loading import load, make_owned_review
from tests.evidence.importing.registry_files import as_text, record
from tests.evidence.importing.revman_files import ANSWERS, CSV, RM5, WEB_ROWS
from tests.factories import saved
from tests.fuzzing import tries

# How many damaged files each test of whole imports reads; those that make rows and write nothing read PARSED. The
# variable QUORUM_FUZZ says another number.
IMPORTED, PARSED = 10, 200
MEASURES = "pain => pain/nrs; disability => pain/nrs; responders | yes => pain/yes; sleep => pain/nrs"
few = settings(max_examples=tries(IMPORTED), suppress_health_check=list(HealthCheck), deadline=None)
many = settings(max_examples=tries(PARSED), suppress_health_check=list(HealthCheck), deadline=None)


PUT = [b'"', b"<", b"-1", b"1e9", b"\xff", b",", b"{}", b"9" * 30]
KINDS = [None, [], {}, "x", "", 7, -1, True, [None], [[]], "9" * 40, "\ud800"]


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """Give a file in which bytes were changed, cut out, doubled or put in."""
    content = whole
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, max(len(content) - 1, 0)))
        end = min(begin + draw(st.integers(0, 60)), len(content))
        put = draw(st.one_of(st.binary(max_size=6), st.sampled_from(PUT)))
        repeated = content[begin:end] * draw(st.sampled_from([0, 0, 1, 2]))
        content = content[:begin] + put + repeated + content[end:]
    return content[: draw(st.integers(0, len(content)))] if draw(st.integers(0, 5)) == 0 else content


@st.composite
def twisted(draw: st.DrawFn) -> str:
    """Give a record of the register in which parts are of another kind than they should be."""
    content: Any = record()
    for _ in range(draw(st.integers(1, 4))):
        holder: Any = content
        for _ in range(draw(st.integers(1, 9))):
            names = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not names:
                break
            name = draw(st.sampled_from(names))
            if not isinstance(holder[name], dict | list) or not holder[name] or draw(st.integers(0, 6)) == 0:
                holder[name] = copy.deepcopy(draw(st.sampled_from(KINDS)))
                break
            holder = holder[name]
    return json.dumps(content)


class DamagedFiles(TestCase):
    """Whole imports of damaged files."""

    folder: Path

    @pytest.fixture(autouse=True)
    def _in_folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def check(self, code: str, content: bytes, name: str, answers: dict[str, str]) -> None:
        """Load a file, and check that what it wrote is one whole act or nothing."""
        by, review = make_owned_review()
        outcome = saved(Outcome(review=review, code="pain", name="Pain", direction="lower"))
        saved(Instrument(outcome=outcome, code="nrs", name="NRS", direction="lower"))
        saved(Instrument(outcome=outcome, code="yes", name="Yes", kind="dichotomous", direction="lower"))
        path = self.folder / name
        path.write_bytes(content)
        result = load(by, review, code, path, answers)
        if not result.is_saved:
            assert result.errors
            assert (Study.objects.count(), ArmResult.objects.count(), ChangeBatch.objects.count()) == (0, 0, 0)
        again = load(by, review, code, path, answers)
        assert not any(one.new or one.updated for one in again.rows.values())

    @few
    @given(damaged(RM5.encode()))
    def test_rm5(self, content: bytes) -> None:
        self.check("rm5", content, "tea.rm5", ANSWERS)

    @few
    @given(damaged(CSV.encode()) | damaged(WEB_ROWS.encode()))
    def test_csv(self, content: bytes) -> None:
        self.check("revman-csv", content, "tea.csv", {"direction": "lower"})

    @few
    @given(damaged(as_text(record()).encode()) | twisted().map(lambda text: text.encode("utf-8", "replace")))
    def test_records(self, content: bytes) -> None:
        self.check("ctgov", content, "trials.json", {"measures": MEASURES})


def rows_of_revman(content: Content) -> Building:
    """Give the rows that are made of a file of RevMan, for a review with nothing in it."""
    building = Building(Path("tea"))
    answers = read_revman_answers({**ANSWERS, "blinding": "both"})
    filling = RevManFilling(building, Standing(), Catalogue(Review()), content, answers)
    add_studies(filling)
    add_judgements(filling)
    add_results(filling)
    return building


@many
@given(damaged(RM5.encode()))
def test_rows_are_made_of_rm5_or_it_is_said_why_not(content: bytes) -> None:
    try:
        found = read_rm5(content)
    except Unreadable:
        return
    building = rows_of_revman(found)
    assert all(row.line > 0 for rows in building.folder.rows.values() for row in rows)


@many
@given(damaged(CSV.encode()) | damaged(WEB_ROWS.encode()))
def test_rows_are_made_of_csv_or_it_is_said_why_not(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tea.csv"
        path.write_bytes(content)
        try:
            found = read_csv(path)
        except Unreadable:
            return
    building = rows_of_revman(found)
    assert all(row.line > 0 for rows in building.folder.rows.values() for row in rows)


@many
@given(damaged(as_text(record()).encode()) | twisted().map(lambda text: text.encode("utf-8", "replace")))
def test_rows_are_made_of_records_or_it_is_said_why_not(content: bytes) -> None:
    building, standing, answers = Building(Path("trials")), Standing(), read_answers({"measures": MEASURES})
    outcome = Outcome(code="pain", name="Pain")
    for code, kind in (("nrs", "continuous"), ("yes", "dichotomous")):
        standing.instruments["pain", code] = Instrument(outcome=outcome, code=code, name=code, kind=kind)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trials.json"
        path.write_bytes(content)
        try:
            for one in read_records(path):
                add_record(Trial(building, standing, Catalogue(Review()), answers, one))
        except Unreadable:
            return
    assert all(row.line > 0 for rows in building.folder.rows.values() for row in rows)
