"""Verify recomputes everything stored, and names what was changed."""

import json
import re
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from analysis import canonical, registry
from analysis.contract import Params
from analysis.models import Dataset, Freeze, Run, Snapshot
from analysis.services import refresh
from tests.analysis.builders import make_small_review

pytestmark = pytest.mark.django_db


def verify(*words: str) -> str:
    """Run the command; give what it prints, with the error's sentence."""
    out = StringIO()
    try:
        call_command("verify", *words, stdout=out)
    except CommandError as error:
        return f"{out.getvalue()}\n{error}"
    return out.getvalue()


def make_one() -> Snapshot:
    """Make one snapshot."""
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
    make_one()
    said = verify()
    assert "3 runs" in said
    assert "Everything stored is unchanged" in said


def test_verify_of_an_empty_database_says_so():
    assert "none stored" in verify()


def test_verify_names_the_run_and_the_number_of_a_changed_digit():
    run = make_one().runs.get(plugin="pooling")
    corrupt(Run, run.pk, "result", turn_digit(run.result, '"estimate":'))
    said = verify()
    assert f"Run {run.key[:12]} (pooling {POOLING.version}; in snapshot short 1)" in said
    assert re.search(r": estimate is stored as -?\d\.\d+, computed again it is -?\d\.\d+", said)
    assert "does not have the stored digest" in said
    assert "not computed again: the result of “pooling” that it reads was changed" in said


def test_verify_names_a_changed_digit_whose_digest_was_changed_too():
    run = make_one().runs.get(plugin="pooling")
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
    make_one()
    row = model.objects.first()
    text = getattr(row, column)
    place = re.search(r"\d", text).start()
    corrupt(model, row.pk, column, f"{text[:place]}{(int(text[place]) + 1) % 10}{text[place + 1 :]}")
    assert re.search(words, verify())


def test_verify_speaks_where_a_result_is_no_longer_json():
    run = make_one().runs.get(plugin="pooling")
    corrupt(Run, run.pk, "result", run.result[:-1])
    assert "cannot be read" in verify()


def replace_plugin(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Put another pooling in the place of the one that computed what is stored."""
    changed = {**registry.all_plugins(), "pooling": replace(registry.get_plugin("pooling"), **changes)}
    monkeypatch.setattr(registry, "all_plugins", lambda: changed)


def moved(dataset, params, upstream, progress):
    """Pool, then move the estimate by a thousandth of itself and the standard error by less."""
    result = POOLING.run(dataset, params, upstream, progress)
    return result.model_copy(update={"estimate": result.estimate * 1.001, "se": result.se * 1.0005})


POOLING = registry.get_plugin("pooling")


def test_a_replaced_plugin_that_gives_the_same_is_no_difference(monkeypatch):
    make_one()
    replace_plugin(monkeypatch, version="9.0.0")
    said = verify("--strict")
    assert f"It is the same, although plugin pooling 9.0.0 replaced {POOLING.version}." in said
    assert "Everything stored is unchanged" in said


def test_a_replaced_plugin_that_moves_numbers_is_named_with_the_largest_difference(monkeypatch):
    make_one()
    replace_plugin(monkeypatch, version="9.0.0", run=moved)
    said = verify()
    # 1.001 / 1 - 1 of the larger value.
    assert re.search(r"It differs by at most 1\.0e-03 \(relative\) at estimate \(-?\d\.\d+ is stored, ", said)
    assert f"because plugin pooling 9.0.0 replaced {POOLING.version}." in said
    assert "Nothing stored was changed." in said
    assert "--strict counts plugins" in verify("--strict")


def test_the_same_version_that_moves_numbers_is_a_discrepancy(monkeypatch):
    make_one()
    replace_plugin(monkeypatch, run=moved)
    said = verify()
    assert "discrepancies found" in said
    assert "(relative difference 1.0e-03)" in said


def test_a_plugin_that_is_gone_is_named_and_no_error(monkeypatch):
    make_one()
    left = {name: plugin for name, plugin in registry.all_plugins().items() if name != "sensitivity"}
    monkeypatch.setattr(registry, "all_plugins", lambda: left)
    said = verify()
    assert "cannot be computed again: the plugin “sensitivity” is gone." in said
    assert "Nothing stored was changed. 1 runs" in said
    assert "1 discrepancies found; --strict" in verify("--strict")


def test_parameters_that_a_new_version_refuses_are_no_error(monkeypatch):
    class Narrow(Params):
        other: int = 1

    make_one()
    replace_plugin(monkeypatch, version="9.0.0", params=Narrow)
    assert f"pooling 9.0.0 does not read what pooling {POOLING.version} stored" in verify()


def test_other_libraries_are_named_beside_a_difference(monkeypatch):
    run = make_one().runs.get(plugin="pooling")
    corrupt(Run, run.pk, "environment", run.environment.replace('"numpy":"', '"numpy":"0.'))
    replace_plugin(monkeypatch, run=moved)
    assert re.search(r"Since it was computed, numpy \S+ replaced 0\.", verify())


def test_what_is_named_is_checked_and_nothing_else():
    small = make_small_review()
    first = refresh(by=small.owner, analysis=small.analysis()).snapshot
    second = refresh(by=small.owner, analysis=small.analysis("long", window="long")).snapshot
    run = second.runs.get(plugin="pooling")
    slug = small.review.slug
    assert kinds(slug) == {"freeze": 1, "dataset": 2, "run": 6, "snapshot": 2}
    assert kinds(slug, "long") == {"freeze": 1, "dataset": 1, "run": 3, "snapshot": 1}
    assert kinds(slug, "long", "1") == {"freeze": 1, "dataset": 1, "run": 3, "snapshot": 1}
    assert kinds(first.digest[:12]) == {"freeze": 1, "dataset": 1, "run": 3, "snapshot": 1}
    assert kinds(run.key) == {"freeze": 1, "dataset": 1, "run": 1}
    assert kinds(first.freeze.digest) == {"freeze": 1}
    assert "(pooling" in verify(run.key)
    assert ": same" in verify(run.key)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nothing"], "Nothing is stored under “nothing”"),
        (["abcdef0123456789"], "Nothing is stored under “abcdef0123456789”"),
        (["{review}", "none"], "has no analysis “none”; it has short."),
        (["{review}", "short", "2"], "has no snapshot 2."),
        (["{review}", "short", "1", "2"], "has no snapshot 1 2."),
        (["no-review", "short"], "Nothing is stored under “no-review short”"),
        (["--sample", "0"], "1 or more"),
    ],
)
def test_what_is_not_stored_is_answered_with_a_sentence(words, sentence):
    review = make_one().analysis.review.slug
    assert sentence in verify(*(word.format(review=review) for word in words))


def test_a_sample_is_chosen_by_its_seed():
    make_one()
    first, again = (as_json("--sample", "2", "--seed", "5") for _ in range(2))
    assert [row["digest"] for row in first["rows"]] == [row["digest"] for row in again["rows"]]
    assert first["seed"] == 5
    assert sum(row["kind"] == "run" for row in first["rows"]) == 2
    assert "chosen by seed" in verify("--sample", "1")


def test_json_names_the_verdict_and_the_largest_difference(monkeypatch):
    make_one()
    replace_plugin(monkeypatch, version="9.0.0", run=moved)
    (row,) = (row for row in as_json()["rows"] if row["verdict"] == "differs")
    assert (row["path"], row["is_error"]) == ("estimate", False)
    # The larger of both values is the base: 0.001 / 1.001, in float64.
    assert row["relative_difference"] == pytest.approx(0.001 / 1.001, rel=1e-9)


def as_json(*words: str) -> dict[str, Any]:
    """Give what verify says with --json."""
    return json.loads(verify("--json", *words).split("\n\n")[0])


def kinds(*words: str) -> dict[str, int]:
    """Give how many rows of each kind are checked."""
    found = as_json(*words)
    assert all(row["verdict"] == "same" for row in found["rows"])
    return {row["kind"]: row["count"] for row in found["counts"]}
