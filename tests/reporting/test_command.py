"""`manage.py report`, and the manuscript of the demonstration."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from analysis.services.manuscripts import begin_manuscript
from tests.reporting.world import make_written

pytestmark = pytest.mark.django_db


def run(*words: str) -> tuple[str, str]:
    """Run the command; give what it says and what it warns of."""
    out, err = StringIO(), StringIO()
    call_command("report", *words, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_report_is_written_and_says_what_is_stale(tmp_path: Path) -> None:
    written = make_written(is_whole=True)
    path = tmp_path / "report.docx"
    said, warned = run("exercise", "--format", "docx", "--out", str(path))
    assert f"{path}: {path.stat().st_size} bytes" in said
    assert path.read_bytes().startswith(b"PK")
    assert warned == ""
    written.world.add_studies(1)
    _, warned = run("exercise", "--out", str(path))
    assert "Not up to date: “" in warned
    assert path.read_text().startswith("<!DOCTYPE html>")


def test_unknown_manuscript_and_one_of_two_reviews_are_told() -> None:
    with pytest.raises(CommandError, match="None has been begun yet"):
        run("exercise")
    make_written()
    with pytest.raises(CommandError, match="There are exercise"):
        run("exercises")
    other = make_written()
    with pytest.raises(CommandError, match="name the review with --review"):
        run("exercise")
    begin_manuscript(by=other.world.owner, review=other.world.review, title="Another", slug="another")
    with pytest.raises(CommandError, match="cannot be written"):
        run("another", "--review", other.world.review.slug, "--out", "/nowhere/at/all.html")
