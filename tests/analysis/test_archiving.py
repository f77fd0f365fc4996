"""A whole review goes into one file and comes out of it, elsewhere, with the same digests; a changed file does not."""

import csv
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import canonical
from analysis.archiving import BadReviewBundle, open_bundle
from analysis.archiving.contents import CRATE, DICTIONARY, MANIFEST
from analysis.models import Analysis, Freeze, Run, Snapshot
from analysis.services import refresh, save_analysis
from evidence.exporters.review_folder.cells import columns_of
from evidence.importers.tables import TABLES
from evidence.models import Review, Study
from tests import factories as make
from tests.analysis.builders import make_small_review
from tests.fuzzing import tries

pytestmark = pytest.mark.django_db
NESTED = "[" * 99_999


@dataclass(frozen=True)
class Packed:
    """A bundle of a review that is no longer in the database, and what was stored of it."""

    path: Path
    digests: list[str]
    freezes: list[str]
    stdout: str

    @property
    def digest(self) -> str:
        return self.stdout.split("Digest ")[1].split()[0]


def run(*words: str) -> str:
    """Run a command; give what it prints, with the error's sentence."""
    out = StringIO()
    try:
        call_command(*words, stdout=out)
    except CommandError as error:
        return f"{out.getvalue()}\n{error}"
    return out.getvalue()


def digests() -> list[str]:
    return sorted(Snapshot.objects.values_list("digest", flat=True))


@pytest.fixture
def packed(tmp_path: Path) -> Packed:
    """The bundle of a review with two snapshots, and a database without the review."""
    make.make_user("loader", is_superuser=True)
    point = transaction.savepoint()
    small = make_small_review()
    analysis = small.analysis()
    refresh(by=small.owner, analysis=analysis)
    steps: dict[str, Any] = {"pooling": {"ci_method": "wald", "tau2_method": "DL"}, "sensitivity": {}, "grade": {}}
    save_analysis(by=small.owner, analysis=analysis, steps=steps)
    refresh(by=small.owner, analysis=analysis)
    path = tmp_path / "review.zip"
    said = run("pack_review", small.review.slug, "--out", str(path), "--as", "loader")
    found = Packed(path, digests(), sorted(Freeze.objects.values_list("digest", flat=True)), said)
    transaction.savepoint_rollback(point)
    assert not Review.objects.exists()
    return found


def names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def text(path: Path, name: str) -> str:
    with zipfile.ZipFile(path) as archive:
        return archive.read(name).decode()


def rewritten(path: Path, change: Callable[[dict[str, bytes]], None], *, honest: bool = False) -> Path:
    """Give the bundle with other files; with `honest`, its manifest states their digests."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    if honest:
        manifest = json.loads(files[MANIFEST])
        manifest["files"] = {name: canonical.digest(files[name].decode()) for name in files if name != MANIFEST}
        files[MANIFEST] = json.dumps(manifest).encode()
    other = path.with_name("other.zip")
    with zipfile.ZipFile(other, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return other


def test_a_review_comes_back_with_the_same_digests(packed: Packed, tmp_path: Path) -> None:
    said = run("load_bundle", str(packed.path), "--as", "loader", "--digest", packed.digest)

    assert "2 snapshots are new or changed" in said
    assert digests() == packed.digests
    assert sorted(Freeze.objects.values_list("digest", flat=True)) == packed.freezes
    analysis = Analysis.objects.get()
    assert analysis.steps.get(plugin="pooling").params["tau2_method"] == "DL"
    # The evidence here is what the newest snapshot froze: nothing is computed anew.
    refreshed = refresh(by=make.make_user(is_superuser=True), analysis=analysis)
    assert not refreshed.is_new
    assert digests() == packed.digests
    run("pack_review", Review.objects.get().slug, "--out", str(tmp_path / "again.zip"), "--as", "loader")
    again = {name: text(tmp_path / "again.zip", name) for name in names(packed.path)}
    changed = {name.rpartition("/")[2] for name in names(packed.path) if again[name] != text(packed.path, name)}
    # Who did it is another person here; nothing else differs.
    assert changed == {"record.json", "bundle.json", CRATE, MANIFEST}
    run("pack_review", Review.objects.get().slug, "--out", str(tmp_path / "third.zip"), "--as", "loader")
    assert (tmp_path / "third.zip").read_bytes() == (tmp_path / "again.zip").read_bytes()


def test_a_second_time_changes_nothing(packed: Packed) -> None:
    run("load_bundle", str(packed.path), "--as", "loader")
    counts = (Study.objects.count(), Run.objects.count(), Snapshot.objects.count())

    said = run("load_bundle", str(packed.path), "--as", "loader")

    assert "0 rows, 0 analyses and 0 snapshots are new or changed" in said
    assert (Study.objects.count(), Run.objects.count(), Snapshot.objects.count()) == counts


def test_other_evidence_here_keeps_the_whole_bundle_out(packed: Packed) -> None:
    run("load_bundle", str(packed.path), "--as", "loader")
    study = make.make_study(Review.objects.get())

    said = run("load_bundle", str(packed.path), "--as", "loader")

    assert "the review holds more, or other things, here. Nothing was saved." in said
    assert Study.objects.filter(pk=study.pk).exists()


def test_a_stranger_loads_nothing_into_a_review_that_is_here(packed: Packed) -> None:
    run("load_bundle", str(packed.path), "--as", "loader")
    make.make_user("stranger")
    assert "may not change the consensus" in run("load_bundle", str(packed.path), "--as", "stranger")
    assert "may not view the review" in run("pack_review", Review.objects.get().slug, "--as", "stranger")


def test_the_bundle_describes_itself(packed: Packed) -> None:
    crate = json.loads(text(packed.path, CRATE))
    entities = {entity["@id"]: entity for entity in crate["@graph"]}
    assert len(entities) == len(crate["@graph"])
    descriptor, root = entities[CRATE], entities["./"]
    assert (descriptor["@type"], descriptor["about"]) == ("CreativeWork", {"@id": "./"})
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert root["@type"] == "Dataset"
    assert {"name", "description", "datePublished", "hasPart"} <= root.keys()
    reached, waiting = set(), ["./"]
    while waiting:
        reached.add(one := waiting.pop())
        waiting += [part["@id"] for part in entities[one].get("hasPart", [])]
    assert reached == entities.keys() - {CRATE}
    files = json.loads(text(packed.path, MANIFEST))["files"]
    described = {name for name, entity in entities.items() if entity["@type"] == "File"}
    assert described == files.keys() - {CRATE}
    assert all(entities[name]["sha256"] == files[name] for name in described)
    assert set(names(packed.path)) == {*files, MANIFEST}
    assert any(name.startswith("figures/") and "<svg" in text(packed.path, name) for name in files)


def test_the_dictionary_tells_every_column(packed: Packed) -> None:
    rows = list(csv.DictReader(StringIO(text(packed.path, DICTIONARY))))
    told = {(row["table"], row["column"]): row for row in rows}
    assert {(table.name, name) for table in TABLES.values() for name in columns_of(table)} <= told.keys()
    assert all(row["type"] and row["meaning"] for row in rows)
    week = told["arm_results", "week"]
    assert (week["type"], week["unit"], week["is_key"]) == ("number", "weeks since the start of treatment", "true")
    assert told["contrast_results", "measure"]["choices"].startswith("MD = ")
    for name in names(packed.path):
        if name.startswith("evidence/") and name.endswith(".csv"):
            table = name.removeprefix("evidence/").removesuffix(".csv")
            assert {(table, column) for column in text(packed.path, name).splitlines()[0].split(",")} <= told.keys()


# Damaged and hostile files --------------------------------------------------------------------------------------------


def refused(path: Path) -> str:
    """Load a file that must be refused; give the sentence."""
    before = (Review.objects.count(), Freeze.objects.count(), Analysis.objects.count())
    with pytest.raises(CommandError) as caught:
        call_command("load_bundle", str(path), "--as", "loader", stdout=StringIO())
    assert (Review.objects.count(), Freeze.objects.count(), Analysis.objects.count()) == before
    return str(caught.value)


def test_every_file_that_is_changed_is_named(packed: Packed) -> None:
    for name in names(packed.path)[::7]:
        if name == MANIFEST:
            continue

        def change(files: dict[str, bytes], name: str = name) -> None:
            files[name] += b" "

        assert refused(rewritten(packed.path, change)) == (
            f"The file “{name}” was changed: it does not have the digest that the manifest states."
        )


def test_missing_added_doubled_and_damaged_files_are_named(packed: Packed) -> None:
    study = "evidence/studies.csv"
    assert f"“{study}” is missing" in refused(rewritten(packed.path, lambda files: files.pop(study) and None))
    assert "“more.txt” was put into" in refused(rewritten(packed.path, lambda files: files.update({"more.txt": b"x"})))
    data = packed.path.read_bytes()
    twice = packed.path.with_name("twice.zip")
    twice.write_bytes(data)
    with zipfile.ZipFile(twice, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(study, "code,label\n")
    assert f"“{study}” is in the bundle twice" in refused(twice)
    place = data.index(b"code,companion_of") + 3
    damaged = packed.path.with_name("damaged.zip")
    damaged.write_bytes(data[:place] + b"X" + data[place + 1 :])
    assert f"“{study}” of the bundle is damaged" in refused(damaged)
    damaged.write_bytes(data[: len(data) // 3])
    assert "cut or damaged" in refused(damaged)


def test_what_is_no_bundle_is_refused(packed: Packed, tmp_path: Path) -> None:
    other = tmp_path / "file.zip"
    other.write_bytes(b"")
    assert "empty" in refused(other)
    for manifest in (
        "",
        "[]",
        "{}",
        '{"format": "quorum-review-bundle", "format_version": 1, "files": []}',
        "[" * 9999,
    ):
        with zipfile.ZipFile(other, "w") as archive:
            archive.writestr(MANIFEST, manifest)
        assert "This is not the bundle of a review" in refused(other)
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr(MANIFEST, '{"format": "quorum-review-bundle", "format_version": 2}')
    assert "this version of Quorum reads" in refused(other)
    assert "it was changed, or is another one" in run(
        "load_bundle", str(packed.path), "--as", "loader", "--digest", "0" * 64
    )


def test_bombs_and_paths_outside_are_refused(packed: Packed, tmp_path: Path) -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("evidence/studies.csv", b"0" * (1 << 26))
    (tmp_path / "bomb.zip").write_bytes(buffer.getvalue())
    assert "would grow to 64 MB" in refused(tmp_path / "bomb.zip")
    for name in ("../outside.csv", "/outside.csv", "evidence/../../outside.csv"):
        path = rewritten(packed.path, lambda files, name=name: files.update({name: b"x"}), honest=True)
        assert "lead outside" in refused(path)
    for name in ("evidence/more/studies.csv", "evidence/..\\studies.csv"):
        path = rewritten(packed.path, lambda files, name=name: files.update({name: b"x"}), honest=True)
        assert "has no place in a review folder" in refused(path)
    assert not (tmp_path.parent / "outside.csv").exists()


def test_a_forged_bundle_with_an_honest_manifest_does_not_get_far(packed: Packed) -> None:
    """Whoever rewrites the manifest too still contradicts the digests within."""

    def other_year(files: dict[str, bytes]) -> None:
        files["evidence/studies.csv"] = files["evidence/studies.csv"].replace(b",2020,", b",1920,")

    assert "is not that of the bundle once it is loaded" in refused(rewritten(packed.path, other_year, honest=True))

    def other_result(files: dict[str, bytes]) -> None:
        name = next(name for name in files if name.endswith("pooling/result.json"))
        files[name] = files[name].replace(b'"k":', b'"k":1', 1)

    assert "cannot be read from the bundle" in refused(rewritten(packed.path, other_result, honest=True))

    def broken_row(files: dict[str, bytes]) -> None:
        files["evidence/arms.csv"] = files["evidence/arms.csv"].replace(b"experimental", b"exprimental")

    assert "arms.csv line" in refused(rewritten(packed.path, broken_row, honest=True))

    def broken_plan(files: dict[str, bytes]) -> None:
        files["analyses.json"] = files["analyses.json"].replace(b'"pooling"', b'"puling"')

    assert "puling" in refused(rewritten(packed.path, broken_plan, honest=True))


def test_check_reads_everything_and_saves_nothing(packed: Packed) -> None:
    said = run("load_bundle", str(packed.path), "--check")
    assert "2 snapshots are whole." in said
    assert not Review.objects.exists()
    with open_bundle(packed.path) as bundle:
        assert [one.number for one in bundle.snapshots()] == [1, 2]


def test_no_mutation_of_the_bytes_crashes_or_gets_in(packed: Packed) -> None:
    """Every byte of a bundle is either vouched for or of no consequence."""
    data = packed.path.read_bytes()
    path = packed.path.with_name("mutated.zip")
    whole = json.loads(text(packed.path, MANIFEST))
    said: list[str] = []

    @given(st.lists(st.tuples(st.integers(0, len(data) - 1), st.integers(0, 255)), min_size=1, max_size=4))
    @settings(max_examples=tries(150), deadline=None)
    def mutate(changes: list[tuple[int, int]]) -> None:
        mutated = bytearray(data)
        for place, value in changes:
            mutated[place] = value
        path.write_bytes(mutated)
        try:
            with open_bundle(path) as bundle:
                assert bundle.manifest == whole
                assert all(canonical.digest(bundle.text(name)) == digest for name, digest in whole["files"].items())
        except BadReviewBundle as refusal:
            said.append(str(refusal))

    mutate()
    assert len(said) > 2 * tries(150) / 3
    assert all(sentence.endswith(".") for sentence in said)
    assert not Review.objects.exists()


def test_the_page_of_exports_gives_the_file_that_the_command_writes(tmp_path: Path) -> None:
    make.make_user("loader", is_superuser=True)
    small = make_small_review()
    refresh(by=small.owner, analysis=small.analysis())
    path = tmp_path / "review.zip"
    run("pack_review", small.review.slug, "--out", str(path), "--as", "loader", "--license", "https://example.org/by")
    client = Client()
    client.force_login(small.owner)
    page = client.get(reverse("admin:evidence_upload_out", args=[small.review.slug])).content.decode()
    address = reverse("admin:evidence_upload_file", args=[small.review.slug, "bundle"])
    assert address in page

    answer = client.get(address, {"license": "https://example.org/by"})

    assert answer.streaming
    assert b"".join(answer.streaming_content) == path.read_bytes()
    stranger = Client()
    stranger.force_login(make.make_user("stranger", is_staff=True))
    assert stranger.get(address).status_code == 404
