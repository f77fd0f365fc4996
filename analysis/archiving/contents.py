"""What the file of a whole review holds, and what of the evidence is compared before and after."""

from typing import Any

from analysis import canonical
from analysis.freezing import take_content
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
    return agreed_digest_of(take_content(review))


def agreed_digest_of(content: dict[str, Any]) -> str:
    """Give the digest of the content of a freeze without readings of single reviewers."""
    studies = {code: {**study, "readings": {}} for code, study in content["studies"].items()}
    return canonical.digest_of({**content, "studies": studies})


def folder_of(analysis: str, number: int) -> str:
    """Give the folder of a snapshot."""
    return f"{SNAPSHOTS}/{analysis}/{number:06}"
