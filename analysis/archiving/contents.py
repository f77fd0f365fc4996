"""What the file of a whole review holds, and what of the evidence is compared before and after."""

import hashlib
from collections.abc import Iterator

from analysis import canonical
from analysis.freezing import take_studies, take_vocabulary
from evidence.models import Review

FORMAT, FORMAT_VERSION = "quorum-review-bundle", 1
MANIFEST = "manifest.json"
README = "README.md"
CRATE = "ro-crate-metadata.json"
DICTIONARY = "data_dictionary.csv"
ANALYSES = "analyses.json"
EVIDENCE = "evidence"
FREEZES = "freezes"
SNAPSHOTS = "snapshots"
FIGURES = "figures"
TABLES = "tables"


class BadReviewBundle(ValueError):
    """A file is not the bundle of a review, or not as it was written; the sentence names the part."""


def agreed_digest(review: Review) -> str:
    """Give the digest of a freeze of the review as it is now, without readings of single reviewers.

    These never leave the database that they were entered in; all else of a freeze does.
    """
    found = hashlib.sha256()
    for part in _agreed_text(review):
        found.update(part.encode("utf-8"))
    return found.hexdigest()


def _agreed_text(review: Review) -> Iterator[str]:
    """Give the canonical text of the content in parts, so that a large review is never in memory as a whole.

    The studies come last in it, since no other name of the content follows theirs.
    """
    yield canonical.to_text(take_vocabulary(review)).removesuffix("}") + ',"studies":{'
    for place, (code, study) in enumerate(take_studies(review)):
        one = canonical.to_text({code: {**study, "readings": {}}})
        yield ("," if place else "") + one.removeprefix("{").removesuffix("}")
    yield "}}"


def folder_of(analysis: str, number: int) -> str:
    """Give the folder of a snapshot."""
    return f"{SNAPSHOTS}/{analysis}/{number:06}"
