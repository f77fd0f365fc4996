"""Verify recomputes everything stored, and names what was changed."""

import re
from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from analysis import canonical, registry
from analysis.models import Dataset, Freeze, Run, Snapshot
from analysis.services import refresh
from tests.analysis.builders import make_small_review

pytestmark = pytest.mark.django_db


def verify() -> str:
    """Run the command; give what it prints, with the error's sentence."""
    out = StringIO()
    try:
        call_command("verify", stdout=out)
    except CommandError as error:
        return f"{out.getvalue()}\n{error}"
    return out.getvalue()


def publish() -> Snapshot:
    """Publish one snapshot."""
    small = make_small_review()
    return refresh(by=small.owner, analysis=small.analysis()).snapshot


def corrupt(model, pk: int, column: str, text: str) -> None:
    """Overwrite a stored value behind Django's back."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {model._meta.db_table} SET {column} = %s WHERE id = %s", [text, pk])


def turn_digit(text: str, after: str) -> str:
    """Change one digit of the number that stands after these words."""
    place = re.search(rf"{after}-?\d+\.(\d)", text).start(1)
    return f"{text[:place]}{(int(text[place]) + 1) % 10}{text[place + 1 :]}"


def test_verify_agrees_with_what_was_stored():
    publish()
    said = verify()
    assert "3 runs" in said
    assert "Everything stored is unchanged" in said


def test_verify_of_an_empty_database_says_so():
    assert "none stored" in verify()


def test_verify_names_the_run_and_the_number_of_a_changed_digit():
    run = publish().runs.get(plugin="pooling")
    corrupt(Run, run.pk, "result", turn_digit(run.result, '"estimate":'))
    said = verify()
    assert f"Run {run.key[:12]} (pooling 1.0.0; in snapshot short 1)" in said
    assert re.search(r"estimate is stored as -?\d\.\d+, computed again it is -?\d\.\d+", said)
    assert "does not have the stored digest" in said
    assert "not computed again: the result of “pooling” that it reads was changed" in said


def test_verify_names_a_changed_digit_whose_digest_was_changed_too():
    run = publish().runs.get(plugin="pooling")
    text = turn_digit(run.result, '"tau2":') if '"tau2":0,' not in run.result else turn_digit(run.result, '"se":')
    corrupt(Run, run.pk, "result", text)
    corrupt(Run, run.pk, "result_digest", canonical.digest(text))
    said = verify()
    assert "computed again it is" in said
    assert "names another runs than the one that is stored" in said


@pytest.mark.parametrize(
    ("model", "column", "words"),
    [
        (Freeze, "content", "Freeze .*content does not have the stored digest"),
        (Dataset, "content", "Dataset .*does not have the stored digest"),
        (Dataset, "rules", "Dataset .*does not have the stored digest"),
        (Run, "params", "Run .*key is not the digest of its inputs"),
        (Snapshot, "manifest", "Snapshot 1 .*manifest does not have the stored digest"),
    ],
)
def test_verify_names_every_kind_of_changed_row(model, column, words):
    publish()
    row = model.objects.first()
    text = getattr(row, column)
    place = re.search(r"\d", text).start()
    corrupt(model, row.pk, column, f"{text[:place]}{(int(text[place]) + 1) % 10}{text[place + 1 :]}")
    assert re.search(words, verify())


def test_verify_speaks_where_a_result_is_no_longer_json():
    run = publish().runs.get(plugin="pooling")
    corrupt(Run, run.pk, "result", run.result[:-1])
    assert "cannot be read" in verify()


def test_verify_says_that_another_plugin_version_cannot_compute_again(monkeypatch):
    publish()
    changed = {**registry.all_plugins(), "pooling": replace(registry.get_plugin("pooling"), version="9.0.0")}
    monkeypatch.setattr(registry, "all_plugins", lambda: changed)
    assert "asks for pooling 1.0.0, but version 9.0.0 is installed" in verify()
