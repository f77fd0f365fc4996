"""The chain of snapshots: each manifest holds the digest of its predecessor, so that none can be changed unseen."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from analysis import canonical
from analysis.models import Analysis, Publication, SignOff, Snapshot

CHANGED = "Snapshot {number} was changed: its manifest does not have the digest {digest}."
UNREADABLE = "Snapshot {number} was changed: its manifest cannot be read."
RENUMBERED = "Snapshot {number} says in its manifest that it is number {written}."
MISSING = "Snapshot {number} is missing: the chain goes on with snapshot {following}."
MISSING_MANY = "Snapshots {number} to {last} are missing: the chain goes on with snapshot {following}."
TWICE = "There are two snapshots with the number {number}."
FORKED = "The chain forks: snapshots {first} and {second} both name {previous} as their predecessor."
BROKEN = "Snapshot {number} names {written} as its predecessor, but snapshot {before} is {digest}."
NOT_FIRST = "Snapshot {number} names a predecessor, {written}, but is the first."
SIGNED_NOTHING = "The sign-off {pk} refers to a snapshot that is not stored."
SIGNED_CHANGED = "The sign-off of snapshot {number} of “{analysis}” stands on a manifest that was changed."
SIGNED_EARLIER = "Snapshot {number} of “{analysis}” was signed off before it was made: it was replaced since."
SIGNED_OTHER = "The {what} of snapshot {number} of “{analysis}” holds the digest of another manifest."
PUBLISHED_UNSIGNED = "Snapshot {number} of “{analysis}” is published, but was not signed off before."


class Link(NamedTuple):
    """A snapshot as a link of the chain: its number, its stored digest, the text of its manifest."""

    number: int
    digest: str
    manifest: str


@dataclass(frozen=True, slots=True)
class Chain:
    """The chain of one analysis: how many links, the digest of the last, and what is wrong, the first broken first.

    `numbers` are those of the snapshots by the digests of their manifests, as they are now.
    """

    review: str
    analysis: str
    length: int
    head: str
    findings: tuple[str, ...]
    numbers: dict[str, int] = field(default_factory=dict)


def check_chains(analyses: Iterable[Analysis]) -> Iterator[Chain]:
    """Check the chain of each analysis that has snapshots."""
    for analysis in analyses:
        rows = Snapshot.objects.filter(analysis=analysis).order_by("number", "pk")
        links = [Link(*row) for row in rows.values_list("number", "digest", "manifest")]
        if links:
            yield Chain(
                review=analysis.review.slug,
                analysis=analysis.slug,
                length=len(links),
                head=links[-1].digest,
                findings=tuple(check_links(links)),
                # Of the texts, not the stored digests: a digest that was only written down proves nothing.
                numbers={canonical.digest(link.manifest): link.number for link in links},
            )


def check_links(links: Sequence[Link]) -> Iterator[str]:
    """Give what is wrong with a chain, in the order of its links; nothing where it is whole."""
    names: dict[object, int] = {}
    before: Link | None = None
    for link in links:
        yield from _gap(before, link)
        manifest = _read(link)
        if canonical.digest(link.manifest) != link.digest:
            yield CHANGED.format(number=link.number, digest=link.digest[:12])
        if manifest is None:
            yield UNREADABLE.format(number=link.number)
        else:
            previous = manifest.get("previous")
            if manifest.get("number") != link.number:
                yield RENUMBERED.format(number=link.number, written=manifest.get("number"))
            if previous in names:
                shown = _short(previous)
                yield FORKED.format(first=names[previous], second=link.number, previous=shown)
            else:
                yield from _predecessor(before, link, previous)
            names.setdefault(previous, link.number)
        before = link


def _read(link: Link) -> dict[str, object] | None:
    """Give the manifest as data; None where it cannot be read."""
    try:
        manifest = canonical.from_text(link.manifest)
    except ValueError:
        return None
    return manifest if isinstance(manifest, dict) else None


def _gap(before: Link | None, link: Link) -> Iterator[str]:
    """Give a sentence where numbers are missing before a link, or the number is there already."""
    expected = 1 if before is None else before.number + 1
    if link.number < expected:
        yield TWICE.format(number=link.number)
    elif link.number == expected + 1:
        yield MISSING.format(number=expected, following=link.number)
    elif link.number > expected:
        yield MISSING_MANY.format(number=expected, last=link.number - 1, following=link.number)


def _predecessor(before: Link | None, link: Link, previous: object) -> Iterator[str]:
    """Give a sentence where a link does not name the one before it; where that one is missing, nothing can be said."""
    if before is None:
        if previous is not None and link.number == 1:
            yield NOT_FIRST.format(number=link.number, written=_short(previous))
    elif link.number == before.number + 1 and previous != before.digest:
        yield BROKEN.format(
            number=link.number, written=_short(previous), before=before.number, digest=before.digest[:12]
        )


def _short(digest: object) -> str:
    return "none" if digest is None else str(digest)[:12]


def find_head(chains: Iterable[Chain], digest: str) -> tuple[Chain, int] | None:
    """Give the chain that a digest noted earlier is part of, and its number there; None where no chain has it."""
    for chain in chains:
        if digest in chain.numbers:
            return chain, chain.numbers[digest]
    return None


def check_sign_offs(analyses: Iterable[Analysis]) -> Iterator[str]:
    """Give what is wrong with sign-offs and publications: each stands on a manifest that is as it was."""
    analyses = list(analyses)
    for lost in SignOff.objects.exclude(snapshot__in=Snapshot.objects.order_by().values("pk")).order_by("pk"):
        yield SIGNED_NOTHING.format(pk=lost.pk)
    rows = SignOff.objects.select_related("snapshot__analysis").filter(snapshot__analysis__in=list(analyses))
    for row in rows.order_by("pk"):
        names = {"number": row.snapshot.number, "analysis": row.snapshot.analysis.slug}
        if canonical.digest(row.snapshot.manifest) != row.snapshot.digest:
            yield SIGNED_CHANGED.format(**names)
        if row.digest != row.snapshot.digest:
            yield SIGNED_OTHER.format(what="sign-off", **names)
        if row.signed_at < row.snapshot.made_at:
            yield SIGNED_EARLIER.format(**names)
    yield from _check_publications(analyses)


def _check_publications(analyses: Iterable[Analysis]) -> Iterator[str]:
    """Give what is wrong with publications: each stands on a snapshot that was signed off first."""
    rows = Publication.objects.select_related("snapshot__analysis", "snapshot__sign_off")
    for row in rows.filter(snapshot__analysis__in=list(analyses)).order_by("pk"):
        names = {"number": row.snapshot.number, "analysis": row.snapshot.analysis.slug}
        if row.digest != row.snapshot.digest:
            yield SIGNED_OTHER.format(what="publication", **names)
        signed = getattr(row.snapshot, "sign_off", None)
        if signed is None or signed.signed_at > row.published_at:
            yield PUBLISHED_UNSIGNED.format(**names)
