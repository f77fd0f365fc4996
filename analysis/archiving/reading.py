"""Opening the bundle of a review: every file has the digest that the manifest states, before any of it is used."""

import hashlib
import json
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from analysis import canonical
from analysis.archiving.contents import EVIDENCE, FORMAT, FORMAT_VERSION, FREEZES, MANIFEST, folder_of
from analysis.archiving.contents import BadReviewBundle as Bad
from analysis.bundling import Bundle, find_faults, read_bundle
from analysis.bundling.archive import BadBundle, write_zip
from analysis.bundling.parts import FREEZE
from evidence.importers.opening import Unreadable, open_zip, read_file

NOT_A_BUNDLE = "This is not the bundle of a review: it has no readable “{name}” ({error})."
OTHER_FORMAT = "The bundle has the format {found}; this version of Quorum reads “{known}”, version {version}."
TWICE = "The file “{name}” is in the bundle twice."
MISSING = "The file “{name}” is missing from the bundle."
ADDED = "The file “{name}” was put into the bundle: its manifest does not name it."
CHANGED = "The file “{name}” was changed: it does not have the digest that the manifest states."
NO_PLACE = "The file “{name}” has no place in a review folder."
DAMAGED = "The file “{name}” of the bundle is damaged: {error}."
NOT_READ = "Snapshot {number} of “{analysis}” cannot be read from the bundle: {error}"
OTHER_SNAPSHOT = "The files of snapshot {number} of “{analysis}” are those of another snapshot than the manifest names."
OTHER_DIGEST = "The bundle has the digest {found}, not {asked}: it was changed, or is another one."
DAMAGES = (zipfile.BadZipFile, zlib.error, RuntimeError, ValueError, NotImplementedError, EOFError, OSError)
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class ReviewBundle:
    """The bundle of a review whose files are as they were written. `digest` is that of its manifest."""

    archive: zipfile.ZipFile
    manifest: dict[str, Any]
    digest: str

    @property
    def review(self) -> str:
        """Short name of the review."""
        return str(self.manifest["review"])

    def text(self, name: str) -> str:
        """Give the text of a file."""
        return _read(self.archive, name).decode("utf-8")

    def write_evidence(self, folder: Path) -> None:
        """Write the review folder.

        Raises
        ------
        BadReviewBundle : a file has a name that no file of a review folder has
        """
        for name in self.manifest["files"]:
            inside, _, file = name.partition("/")
            if inside == EVIDENCE:
                if PurePath(file).name != file or "\\" in file or "\0" in file:
                    raise Bad(NO_PLACE.format(name=name))
                (folder / file).write_bytes(_read(self.archive, name))

    def snapshots(self) -> Iterator[Bundle]:
        """Give the snapshots, those of one analysis in their order.

        Raises
        ------
        BadReviewBundle : the parts of one do not belong together
        """
        chains: dict[str, list[str]] = {}
        for row in sorted(self.manifest["snapshots"], key=lambda row: (row["analysis"], row["number"])):
            chain = chains.setdefault(row["analysis"], [])
            bundle = self._snapshot(row, chain)
            chain.append(bundle.manifest)
            yield bundle

    def _snapshot(self, row: dict[str, Any], chain: list[str]) -> Bundle:
        folder = folder_of(row["analysis"], row["number"])
        names = [name for name in self.manifest["files"] if name.startswith(f"{folder}/")]
        texts = {name.removeprefix(f"{folder}/"): self.text(name) for name in names}
        try:
            texts[FREEZE] = self.text(f"{FREEZES}/{row['freeze']}.json")
            texts |= {f"chain/{number:06}.json": text for number, text in enumerate(chain, start=1)}
            bundle = read_bundle(write_zip(texts)).bundle
            faults = [*find_faults(bundle)]
        except (BadBundle, KeyError) as error:
            raise Bad(NOT_READ.format(**_named(row), error=error)) from error
        if faults:
            raise Bad(NOT_READ.format(**_named(row), error=faults[0]))
        if (bundle.snapshot, bundle.analysis, bundle.number) != (row["digest"], row["analysis"], row["number"]):
            raise Bad(OTHER_SNAPSHOT.format(**_named(row)))
        return bundle


def _named(row: dict[str, Any]) -> dict[str, Any]:
    return {"analysis": row["analysis"], "number": row["number"]}


@contextmanager
def open_bundle(path: Path, *, digest: str = "") -> Iterator[ReviewBundle]:
    """Open the bundle of a review, once every file in it is found to be as it was written.

    Parameters
    ----------
    digest : the SHA-256 of its manifest, where it is known from elsewhere

    Raises
    ------
    BadReviewBundle : it is no bundle, is too large, or a file was changed, is missing or was added
    """
    try:
        archive = open_zip(read_file(path))
    except Unreadable as error:
        raise Bad(error.sentence) from error
    with archive:
        text = _manifest(archive)
        found = canonical.digest(text)
        if digest and digest.lower() != found:
            raise Bad(OTHER_DIGEST.format(found=found, asked=digest))
        manifest = _parse(text)
        _check_files(archive, manifest["files"])
        yield ReviewBundle(archive, manifest, found)


def _manifest(archive: zipfile.ZipFile) -> str:
    if MANIFEST not in archive.namelist():
        raise Bad(NOT_A_BUNDLE.format(name=MANIFEST, error="it is missing"))
    try:
        return _read(archive, MANIFEST).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Bad(NOT_A_BUNDLE.format(name=MANIFEST, error=error)) from error


def _parse(text: str) -> dict[str, Any]:
    try:
        manifest = json.loads(text)
        known = (manifest["format"], manifest["format_version"])
        if known != (FORMAT, FORMAT_VERSION):
            raise Bad(OTHER_FORMAT.format(found=known, known=FORMAT, version=FORMAT_VERSION))
        files, snapshots = manifest["files"], manifest["snapshots"]
        is_sound = all(isinstance(one, str) for one in (manifest["review"], manifest["evidence"], *files.values()))
        for row in snapshots:
            texts = (row["analysis"], row["digest"], row["freeze"])
            is_sound = is_sound and isinstance(row["number"], int) and all(isinstance(one, str) for one in texts)
        if not is_sound:
            raise ValueError("its values are not of the right kinds")
    except Bad:
        raise
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise Bad(NOT_A_BUNDLE.format(name=MANIFEST, error=error)) from error
    return dict(manifest)


def _check_files(archive: zipfile.ZipFile, files: dict[str, str]) -> None:
    names = archive.namelist()
    for name, count in Counter(names).items():
        if count > 1:
            raise Bad(TWICE.format(name=name))
    for name in sorted({*files, *names} - {MANIFEST}):
        if name not in names:
            raise Bad(MISSING.format(name=name))
        if name not in files:
            raise Bad(ADDED.format(name=name))
        if _digest(archive, name) != files[name]:
            raise Bad(CHANGED.format(name=name))


def _digest(archive: zipfile.ZipFile, name: str) -> str:
    found = hashlib.sha256()
    try:
        with archive.open(name) as file:
            while part := file.read(CHUNK):
                found.update(part)
    except DAMAGES as error:
        raise Bad(DAMAGED.format(name=name, error=error)) from error
    return found.hexdigest()


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        return archive.read(name)
    except DAMAGES as error:
        raise Bad(DAMAGED.format(name=name, error=error)) from error
    except KeyError as error:
        raise Bad(MISSING.format(name=name)) from error
