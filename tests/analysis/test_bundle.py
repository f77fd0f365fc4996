"""A bundle rebuilds its snapshot anywhere, is the same file every time, and names the part that somebody changed."""

import json
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection

from analysis import canonical, engine, registry
from analysis.bundling import BadBundle, find_faults, pack, read_bundle, rebuild, store
from analysis.bundling.archive import write_zip
from analysis.bundling.papers import write_effects, write_requirements
from analysis.bundling.script import write_script
from analysis.models import Analysis, Freeze, Run, Snapshot
from analysis.services import refresh, save_analysis
from analysis.testing import sample_dataset
from evidence.models import Review
from tests.analysis.builders import SmallReview, make_small_review
from tests.plugins.answers import dataset_of

TIMEOUT_SECONDS = 120
# metafor ends its searches where the restricted likelihood is flat; tests/reference has the agreement to 1e-9.
AGREES = 1e-6


@pytest.fixture
def small(db) -> SmallReview:
    """A review whose analysis has two snapshots."""
    small = make_small_review()
    analysis = small.analysis()
    refresh(by=small.owner, analysis=analysis)
    steps: dict[str, Any] = {"pooling": {"ci_method": "wald", "tau2_method": "DL"}, "sensitivity": {}, "grade": {}}
    save_analysis(by=small.owner, analysis=analysis, steps=steps)
    refresh(by=small.owner, analysis=analysis)
    return small


def snapshot(number: int = 2) -> Snapshot:
    return Snapshot.objects.get(number=number)


def run(*words: str) -> str:
    """Run a command; give what it prints, with the error's sentence."""
    out = StringIO()
    try:
        call_command(*words, stdout=out)
    except CommandError as error:
        return f"{out.getvalue()}\n{error}"
    return out.getvalue()


def forget_results() -> None:
    """Delete all that a refresh made, and what refers to it, behind Django's back."""
    made = {Freeze}
    while True:
        models = apps.get_app_config("analysis").get_models()
        more = {model for model in models if {field.related_model for field in model._meta.local_fields} & made} - made
        if not more:
            break
        made |= more
    with connection.cursor() as cursor:
        # References are checked at the end of the transaction, so that the order does not matter.
        for model in made:
            cursor.execute(f"DELETE FROM {model._meta.db_table}")


# One database after the other -----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_bundle_is_rebuilt_and_stored_in_an_empty_database(tmp_path):
    small = make_small_review()
    refresh(by=small.owner, analysis=small.analysis())
    before = Snapshot.objects.select_related("freeze", "dataset").get()
    runs = {run.plugin: (run.key, run.result, run.requested_at) for run in before.runs.all()}
    path = tmp_path / "snapshot.zip"
    assert f"Digest {before.digest}" in run("bundle", small.review.slug, "short", "1", "--out", str(path))
    call_command("flush", verbosity=0, interactive=False)
    assert Snapshot.objects.count() == 0

    said = run("rebuild", str(path), "--digest", before.digest)
    assert f"The snapshot {before.digest} was rebuilt." in said
    assert "4 parts rebuilt" in said
    assert "4 with the same digest" in said
    assert (Review.objects.count(), Freeze.objects.count(), Run.objects.count()) == (0, 0, 0)

    importer = User.objects.create_user("importer")
    assert "The snapshot was stored." in run("rebuild", str(path), "--store", "--as", "importer")
    after = Snapshot.objects.get()
    assert (after.digest, after.made_at, after.made_by) == (before.digest, before.made_at, importer)
    assert after.freeze.content == before.freeze.content
    assert {run.plugin: (run.key, run.result, run.requested_at) for run in after.runs.all()} == runs
    assert Analysis.objects.get().title == "Pain, short"
    assert "Everything stored is unchanged" in run("verify")
    assert "1 chains are whole" in run("verify", "--chain")
    assert "was stored here already" in run("rebuild", str(path), "--store", "--as", "importer")


def test_a_stored_bundle_gives_the_same_bundle_where_its_people_are(small, tmp_path):
    data = pack(snapshot(1))
    forget_results()
    stored = store(by=small.owner, bundle=read_bundle(data).bundle)
    assert stored.is_new
    assert pack(stored.snapshot) == data


def test_a_later_snapshot_is_stored_with_a_word_about_its_predecessors(small, tmp_path):
    second = read_bundle(pack(snapshot(2))).bundle
    forget_results()
    stored = store(by=small.owner, bundle=second)
    assert stored.messages[0].startswith("Its 1 predecessors are in the bundle as manifests only")
    assert "Snapshot 1 is missing" in run("verify", "--chain")


def test_a_snapshot_whose_place_is_taken_is_refused(small):
    data = pack(snapshot(2))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE analysis_snapshot SET digest = %s WHERE number = 2", ["e" * 64])
    with pytest.raises(ValueError, match="has another snapshot 2 here; nothing was stored"):
        store(by=small.owner, bundle=read_bundle(data).bundle)


def test_a_stranger_cannot_store_into_a_review_that_is_here(small, tmp_path):
    User.objects.create_user("stranger")
    path = tmp_path / "b.zip"
    path.write_bytes(pack(snapshot(2)))
    forget_results()
    assert "may not run analyses" in run("rebuild", str(path), "--store", "--as", "stranger")


# The file -------------------------------------------------------------------------------------------------------------


def test_equal_snapshots_give_equal_bytes(small):
    first = pack(snapshot())
    small.review.title = "Another title"
    small.review.stamp(small.owner)
    small.review.save()
    assert pack(snapshot()) == first
    with zipfile.ZipFile(BytesIO(first)) as archive:
        names = archive.namelist()
        assert names == sorted(names)
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.read("manifest.json").decode() == snapshot().manifest
    assert "chain/000001.json" in names
    assert {"README.md", "effects.csv", "recompute.R", "requirements.txt", "plugins.json"} <= set(names)


def test_a_changed_byte_anywhere_is_refused_with_a_sentence(small):
    data = pack(snapshot())
    for place in range(0, len(data), max(1, len(data) // 300)):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        with pytest.raises(BadBundle, match=r"^(The|This) .*[.]$"):
            read_bundle(changed)


def test_a_part_that_is_missing_added_or_changed_is_named(small):
    texts = read_bundle(pack(snapshot())).texts
    less = {name: text for name, text in texts.items() if name != "freeze.json"}
    with pytest.raises(BadBundle, match=r"“freeze.json” is missing"):
        read_bundle(write_zip(less))
    with pytest.raises(BadBundle, match=r"“more.txt” was put into the bundle"):
        read_bundle(write_zip({**texts, "more.txt": "x"}))
    with pytest.raises(BadBundle, match=r"“freeze.json” was changed"):
        read_bundle(write_zip({**texts, "freeze.json": texts["freeze.json"].replace("3.1", "3.2", 1)}))


def relisted(texts: dict[str, str], **contents: Any) -> bytes:
    """Pack changed texts with a list of contents that fits them again."""
    listed = {name: canonical.digest(text) for name, text in texts.items() if name != "bundle.json"}
    stated = {**json.loads(texts["bundle.json"]), "files": listed, **contents}
    return write_zip({**texts, "bundle.json": canonical.to_text(stated)})


@pytest.mark.parametrize(
    ("name", "old", "new", "sentence"),
    [
        ("manifest.json", '"number":2', '"number":3', "“manifest.json” was changed"),
        ("freeze.json", '"3.1"', '"3.2"', "“freeze.json” was changed"),
        ("chain/000001.json", '"number":1', '"number":9', "The chain of predecessors was changed"),
        ("datasets/{dataset}/content.json", '"yi":-', '"yi":', "The dataset .* was changed"),
        ("datasets/{dataset}/rules.json", '"short"', '"long"', "these are not the rules in the manifest"),
        ("runs/pooling/params.json", '"DL"', '"REML"', "The run .* of “pooling” was changed"),
        ("runs/pooling/run.json", '"version":"', '"version":"9', "The run .* of “pooling” was changed"),
        ("runs/pooling/result.json", '"k":3', '"k":4', "“runs/pooling/result.json” was changed"),
    ],
)
def test_a_part_that_was_changed_with_the_list_is_named_by_the_manifest(small, tmp_path, name, old, new, sentence):
    texts = read_bundle(pack(snapshot())).texts
    name = name.format(dataset=snapshot().dataset.digest)
    assert old in texts[name]
    path = tmp_path / "b.zip"
    path.write_bytes(relisted({**texts, name: texts[name].replace(old, new, 1)}))
    assert re.search(sentence, run("rebuild", str(path)))


def test_a_bundle_that_was_rewritten_as_a_whole_has_another_digest(small, tmp_path):
    texts = read_bundle(pack(snapshot())).texts
    manifest = texts["manifest.json"].replace('"freeze"', '"freeze"').replace('"format":1', '"format":1,"x":1')
    path = tmp_path / "b.zip"
    path.write_bytes(relisted({**texts, "manifest.json": manifest}, snapshot=canonical.digest(manifest)))
    assert f"not {snapshot().digest}: it was changed" in run("rebuild", str(path), "--digest", snapshot().digest)


def test_a_script_that_was_changed_with_the_list_is_pointed_out(small, tmp_path):
    texts = read_bundle(pack(snapshot())).texts
    path = tmp_path / "b.zip"
    path.write_bytes(relisted({**texts, "recompute.R": "q()"}))
    assert "recompute.R: not as this version of Quorum writes it" in run("rebuild", str(path))


def test_rebuilding_asks_no_database(small, tmp_path, django_assert_num_queries):
    path = tmp_path / "b.zip"
    path.write_bytes(pack(snapshot()))
    with django_assert_num_queries(0):
        assert "4 with the same digest" in run("rebuild", str(path))


def test_what_is_no_bundle_is_answered_with_a_sentence(tmp_path):
    path = tmp_path / "b.zip"
    assert "cannot be read" in run("rebuild", str(path))
    path.write_bytes(b"no zip")
    assert "This is not a bundle" in run("rebuild", str(path))
    path.write_bytes(write_zip({"a": "b"}))
    assert "no readable “bundle.json”" in run("rebuild", str(path))
    path.write_bytes(write_zip({"bundle.json": '{"format":9,"files":{},"order":[],"snapshot":""}'}))
    assert "has the format 9" in run("rebuild", str(path))
    assert "Say who stores it" in run("rebuild", str(path), "--store")


@pytest.mark.parametrize("words", [("{review}",), ("{review}", "short")])
def test_bundle_wants_one_snapshot(small, words):
    assert "Name one snapshot" in run("bundle", *(word.format(review=small.review.slug) for word in words))


def test_what_is_stored_wrongly_is_not_bundled(small):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE analysis_freeze SET content = replace(content, '\"3.1\"', '\"3.2\"')")
    with pytest.raises(BadBundle, match=r"“freeze.json” was changed"):
        pack(snapshot())


def test_a_replaced_plugin_is_named_and_no_error(small, monkeypatch, tmp_path):
    path = tmp_path / "b.zip"
    path.write_bytes(pack(snapshot()))
    old = registry.get_plugin("pooling")

    def moved(*inputs: Any) -> Any:
        result = old.run(*inputs)
        return result.model_copy(update={"estimate": result.estimate * 1.001})

    changed = {**registry.all_plugins(), "pooling": replace(old, version="9.0.0", run=moved)}
    monkeypatch.setattr(registry, "all_plugins", lambda: changed)
    said = run("rebuild", str(path))
    assert f"because plugin pooling 9.0.0 replaced {old.version}." in said
    assert "1 parts do not come about again, because a plugin was replaced" in said
    assert "was rebuilt" not in said


def test_a_rebuilt_part_that_differs_is_an_error(small):
    bundle = read_bundle(pack(snapshot())).bundle
    part = bundle.run_of("pooling")
    assert part is not None
    result = re.sub(r'"estimate":(-?\d)', '"estimate":1\\1', part.result, count=1).replace("1-", "-1")
    forged = replace(bundle, runs=tuple(replace(row, result=result) if row is part else row for row in bundle.runs))
    assert any("“runs/pooling/result.json” was changed" in sentence for sentence in find_faults(forged))
    outcomes = {row.what: row.outcome for row in rebuild(forged)}
    assert next(what for what, outcome in outcomes.items() if outcome.is_error).endswith(f"pooling {part.version})")


# What people and R read -----------------------------------------------------------------------------------------------


def test_effects_have_all_digits_and_no_formulas():
    effect = dict.fromkeys(("year", "n1", "n2", "week"))
    effect |= {"id": "a", "study": "a", "label": "=1+1", "experimental": "x, y", "comparator": ""}
    text = write_effects([{**effect, "yi": 0.1 + 0.2, "vi": 1e-300, "columns": {"n1i": 4.0}}])
    assert text.splitlines()[1] == 'a,a,\'=1+1,,0.30000000000000004,1e-300,,,,"x, y",,4.0'


def test_requirements_name_the_last_version_and_the_others():
    rows = [{"python": "3.11.2", "numpy": "1.0"}, {"python": "3.11.2", "numpy": "2.0"}]
    assert write_requirements(rows).endswith("numpy==2.0  # also 1.0\n")


def test_script_says_what_it_does_not_cover():
    dataset = sample_dataset(k=3, measure="OR").model_dump(mode="json")
    assert "does not pool" in write_script({}, {}, dataset)
    assert "Nothing was pooled" in write_script({"pooling": {"estimate": None}}, {}, dataset)
    beyond = {"estimate": 1.0, "method": "logistic_um_fs", "measure": "OR", "tau2_method": "ML", "level": 0.95}
    said = write_script({"pooling": beyond, "network": {}, "grade": {}}, {}, dataset)
    assert "does not recompute the model “logistic_um_fs”" in said
    assert "Not recomputed here, see the results of the snapshot: network." in said


@pytest.fixture(scope="module")
def rscript() -> str:
    """Return the path of Rscript with metafor, or skip."""
    found = shutil.which("Rscript")
    if found is None:
        pytest.skip("Rscript is not installed: metafor cannot be asked")
    check = subprocess.run([found, "-e", "library(metafor)"], capture_output=True, check=False, timeout=TIMEOUT_SECONDS)
    if check.returncode:
        pytest.skip("R has no metafor: metafor cannot be asked")
    return found


@pytest.mark.parametrize("number", [1, 2], ids=["REML and hksj", "DL and wald"])
def test_metafor_recomputes_the_pooled_result_from_the_bundle(small, rscript: str, tmp_path: Path, number: int):
    for name, text in read_bundle(pack(snapshot(number))).texts.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    done = subprocess.run(
        [rscript, "recompute.R"], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=TIMEOUT_SECONDS
    )
    lines = done.stdout.split("\n\n")[0].strip().splitlines()
    assert lines[0] == "pooling"
    rows = {line.split()[0]: line.split()[1:] for line in lines[2:]}
    assert {"estimate", "se", "ci_lower", "ci_upper", "tau2", "q", "pi_lower"} <= rows.keys()
    stored = json.loads(snapshot(number).runs.get(plugin="pooling").result)
    for name, (printed, computed, _) in rows.items():
        # The script prints 15 digits.
        assert float(printed) == pytest.approx(stored[name], rel=1e-13, abs=1e-15)
        assert float(computed) == pytest.approx(stored[name], rel=AGREES, abs=AGREES), name
    assert "Largest difference" in done.stdout


@pytest.mark.parametrize("tau2_method", ["CE", "DL2", "HSk", "PM"])
def test_metafor_recomputes_by_every_way_that_it_is_asked(rscript: str, tmp_path: Path, tau2_method: str):
    yi, vi = [0.9, 0.1, -0.3, 1.4, 0.2], [0.04, 0.01, 0.09, 0.16, 0.02]
    fit = engine.pool(yi, vi, tau2_method=tau2_method)
    names = ("estimate", "se", "ci_lower", "ci_upper", "p_value", "tau2", "q", "level", "ci_method", "tau2_method")
    result = {name: getattr(fit, name) for name in names} | {"measure": "MD", "model": "random_effects"}
    (tmp_path / "effects.csv").write_text(write_effects(dataset_of(yi, vi).model_dump(mode="json")["effects"]))
    dataset = dataset_of(yi, vi).model_dump(mode="json")
    (tmp_path / "recompute.R").write_text(write_script({"pooling": result}, {}, dataset))

    done = subprocess.run(
        [rscript, "recompute.R"], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=TIMEOUT_SECONDS
    )

    lines = done.stdout.strip().split("\n\n")[0].splitlines()
    assert len(lines) > 2
    for line in lines[2:]:
        name, printed, computed, _ = line.split()
        assert float(computed) == pytest.approx(float(printed), rel=AGREES, abs=AGREES), name
