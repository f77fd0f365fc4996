"""Writing a whole review into one zip file, part by part; equal reviews give equal bytes."""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator
from importlib.resources import files
from typing import IO, Any

from django.contrib.auth.models import User

from analysis import canonical
from analysis.archiving.contents import (
    ANALYSES,
    CRATE,
    DICTIONARY,
    EVIDENCE,
    FIGURES,
    FORMAT,
    FORMAT_VERSION,
    FREEZES,
    MANIFEST,
    README,
    TABLES,
    agreed_digest,
    folder_of,
)
from analysis.archiving.crate import About, Entry, write_crate
from analysis.archiving.dictionary import write_dictionary
from analysis.archiving.plan import write_plan
from analysis.bundling import BadBundle, find_faults
from analysis.bundling.packing import gather
from analysis.bundling.parts import FREEZE, texts_of
from analysis.exports.evidence_profile import profile_csv, take_profile
from analysis.exports.summary_of_findings import summary_csv
from analysis.forests import forest_of
from analysis.models import Analysis, Snapshot
from analysis.reading import Reading, figures_of
from evidence.exporters.review_folder.folder import folder_files, put
from evidence.models import Review, Study
from evidence.permissions import Act, require


class _Writer:
    """A zip file in the making, and what is in it so far."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.entries: dict[str, Entry] = {}

    def add(self, name: str, parts: Iterable[str]) -> None:
        """Write a file and note its digest."""
        found, size = hashlib.sha256(), 0

        def noted() -> Iterator[str]:
            nonlocal size
            for part in parts:
                data = part.encode("utf-8")
                found.update(data)
                size += len(data)
                yield part

        put(self.archive, name, noted())
        self.entries[name] = Entry(found.hexdigest(), size)


def write_review_bundle(*, by: User, review: Review, file: IO[bytes], licence: str = "") -> str:
    """Write the bundle of a review into a file that is open for writing, and give the SHA-256 of its manifest.

    Parameters
    ----------
    licence : address of the licence under which the data may be used, for archives

    Raises
    ------
    NotAllowed : the person is no member of the review
    ValidationError : two rows of a study have the same key in the review folder
    BadBundle : what is stored of a snapshot was changed
    """
    require(by, Act.VIEW, review)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        writer = _Writer(archive)
        for name, parts in folder_files(review):
            writer.add(f"{EVIDENCE}/{name}", parts)
        writer.add(DICTIONARY, [write_dictionary(review)])
        writer.add(ANALYSES, [write_plan(review)])
        snapshots = _write_snapshots(writer, review)
        _write_figures_and_tables(writer, review)
        digest = agreed_digest(review)
        writer.add(README, [_readme(review, digest, snapshots)])
        writer.add(CRATE, [write_crate(_about(review, snapshots, licence), writer.entries)])
        manifest = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "review": review.slug,
            "title": review.title,
            "evidence": digest,
            "snapshots": snapshots,
            "files": {name: entry.sha256 for name, entry in sorted(writer.entries.items())},
        }
        text = json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"
        put(archive, MANIFEST, [text])
    return canonical.digest(text)


def _write_snapshots(writer: _Writer, review: Review) -> list[dict[str, Any]]:
    """Write every snapshot, the evidence that several share once; give what the manifest says of them."""
    rows = Snapshot.objects.filter(analysis__review=review).select_related("analysis", "freeze", "dataset")
    listed = []
    for snapshot in rows.order_by("analysis__position", "analysis__slug", "number").iterator(chunk_size=10):
        bundle = gather(snapshot)
        for fault in find_faults(bundle):
            raise BadBundle(f"Snapshot {snapshot.number} of “{bundle.analysis}”: {fault}")
        folder = folder_of(bundle.analysis, bundle.number)
        texts = texts_of(bundle)
        freeze = f"{FREEZES}/{snapshot.freeze.digest}.json"
        if freeze not in writer.entries:
            writer.add(freeze, [texts[FREEZE]])
        for name, text in sorted(texts.items()):
            # The chain is made of the manifests of the snapshots before, which are all here.
            if name != FREEZE and not name.startswith("chain/"):
                writer.add(f"{folder}/{name}", [text])
        listed.append(
            {
                "analysis": bundle.analysis,
                "number": bundle.number,
                "digest": snapshot.digest,
                "freeze": snapshot.freeze.digest,
                "made_at": snapshot.made_at.isoformat(),
            }
        )
    return listed


def _write_figures_and_tables(writer: _Writer, review: Review) -> None:
    analyses = list(Analysis.objects.filter(review=review).order_by("position", "slug"))
    for analysis in analyses:
        snapshot = Snapshot.objects.filter(analysis=analysis).order_by("number").last()
        if snapshot is None:
            continue
        reading = Reading(snapshot)
        forest = forest_of(reading)
        if forest is not None:
            writer.add(f"{FIGURES}/{analysis.slug}/forest.svg", [str(forest.svg)])
        for plugin, result in sorted(reading.results.items()):
            for picture in figures_of(result, plugin):
                writer.add(f"{FIGURES}/{analysis.slug}/{plugin}-{picture.number}.svg", [str(picture.svg)])
    if analyses:
        profile = take_profile(review)
        writer.add(f"{TABLES}/summary_of_findings.csv", [summary_csv(profile)])
        writer.add(f"{TABLES}/evidence_profile.csv", [profile_csv(profile)])


def _readme(review: Review, digest: str, snapshots: list[dict[str, Any]]) -> str:
    text = (files("analysis.archiving") / "README.txt").read_text(encoding="utf-8")
    return text.format(
        title=review.title,
        slug=review.slug,
        digest=digest,
        studies=Study.objects.filter(review=review).count(),
        analyses=Analysis.objects.filter(review=review).count(),
        snapshots=len(snapshots),
    )


def _about(review: Review, snapshots: list[dict[str, Any]], licence: str) -> About:
    """Describe the review; it counts as published when its newest snapshot was made, or else when it last changed."""
    made = max((row["made_at"] for row in snapshots), default="")
    words = [review.population, review.intervention, review.comparator, review.outcome]
    return About(
        title=review.title,
        description=review.question,
        identifier=review.registration,
        keywords=", ".join(["systematic review", "meta-analysis", *(word for word in words if word)]),
        published=made or review.history.latest().history_date.isoformat(),
        licence=licence,
    )
