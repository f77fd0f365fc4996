"""Plans are read from files: all of a file or nothing, and the same file again changes nothing."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from analysis.importing import BadFile, import_analyses, read_analyses
from analysis.models import Analysis, Claim
from evidence.models import Membership
from tests import factories
from tests.analysis.builders import make_small_review

pytestmark = pytest.mark.django_db
CLAIM = {"quantity": "estimate", "measure": "SMD", "as_printed": "-0.28", "place": "abstract"}


def plan(**changes: object) -> dict:
    """Give a plan of one analysis."""
    row = {
        "slug": "short",
        "title": "Pain, short-term",
        "rules": {"outcome": "pain", "window": "short", "comparators": ["active"]},
        "steps": {"pooling": {}},
        "claims": [CLAIM],
        **changes,
    }
    return {"format": "quorum-analyses", "format_version": 1, "analyses": [row]}


def write(folder: Path, content: object) -> Path:
    """Write a plan to a file."""
    path = folder / "plan.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_file_is_saved_once_and_repeated_without_change(tmp_path):
    small = make_small_review()
    file = read_analyses(write(tmp_path, plan()))
    assert import_analyses(by=small.owner, review=small.review, file=file) == 1
    assert import_analyses(by=small.owner, review=small.review, file=file) == 0
    assert Analysis.history.count() == 1
    assert Claim.objects.get().as_printed == "-0.28"


def test_changed_plan_updates_its_analysis(tmp_path):
    small = make_small_review()
    import_analyses(by=small.owner, review=small.review, file=read_analyses(write(tmp_path, plan())))
    steps = {"pooling": {"ci_method": "wald"}}
    file = read_analyses(write(tmp_path, plan(title="Pain at 12 weeks", steps=steps)))
    assert import_analyses(by=small.owner, review=small.review, file=file) == 1
    analysis = Analysis.objects.get()
    assert (analysis.title, analysis.steps.get().params["ci_method"]) == ("Pain at 12 weeks", "wald")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{not json", "is not JSON"),
        ({"format": "other", "format_version": 1, "analyses": []}, "“format”"),
        (plan(colour="blue"), "“analyses.0.colour” is not a known name"),
        (
            {"format": "quorum-analyses", "format_version": 1, "analyses": [{"slug": "x"}]},
            "“analyses.0.title” is missing",
        ),
    ],
)
def test_file_that_breaks_the_format_gets_a_sentence(tmp_path, content, sentence):
    with pytest.raises(BadFile, match=sentence):
        read_analyses(write(tmp_path, content))


def test_file_that_does_not_exist_gets_a_sentence(tmp_path):
    with pytest.raises(BadFile, match=r"cannot be read: No such file"):
        read_analyses(tmp_path / "nowhere.json")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"rules": {"outcome": "sleep", "window": "short", "comparators": ["active"]}},
            "“short”: The review has no outcome",
        ),
        ({"steps": {"polling": {}}}, "“short”: There is no plugin “polling”"),
        ({"steps": {"pooling": {"level": 2}}}, "“short”: “level”"),
        ({"claims": [{**CLAIM, "quantity": "mood"}]}, "mood"),
    ],
)
def test_bad_analysis_saves_nothing_of_the_file(tmp_path, changes, sentence):
    small = make_small_review()
    content = plan()
    content["analyses"].append({**plan(**changes)["analyses"][0], "slug": changes.get("slug", "short")})
    content["analyses"][0]["slug"] = "first"
    with pytest.raises(BadFile, match=sentence):
        import_analyses(by=small.owner, review=small.review, file=read_analyses(write(tmp_path, content)))
    assert not Analysis.objects.exists()


def test_commands_load_and_refresh_a_review(tmp_path):
    small = make_small_review()
    path = write(tmp_path, plan())
    out = StringIO()
    call_command("load_analyses", small.review.slug, str(path), username=small.owner.username, stdout=out)
    call_command("refresh", small.review.slug, username=small.owner.username, stdout=out)
    call_command("refresh", small.review.slug, username=small.owner.username, stdout=out)
    said = out.getvalue()
    assert "1 analyses read; 1 new or changed." in said
    assert "snapshot 1 made (1 computed, 0 known)" in said
    assert "snapshot 1 unchanged (0 computed, 1 known)\n0 runs computed." in said


def test_commands_answer_in_sentences(tmp_path):
    small = make_small_review()
    viewer = factories.make_membership(small.review, role=Membership.Role.VIEWER).user
    path = write(tmp_path, plan())
    with pytest.raises(CommandError, match="no review with the short name “nope”"):
        call_command("load_analyses", "nope", str(path), username=small.owner.username)
    with pytest.raises(CommandError, match="no user “nobody”"):
        call_command("load_analyses", small.review.slug, str(path), username="nobody")
    with pytest.raises(CommandError, match="may not run analyses"):
        call_command("load_analyses", small.review.slug, str(path), username=viewer.username)
    with pytest.raises(CommandError, match="no user “nobody”"):
        call_command("refresh", small.review.slug, username="nobody")
