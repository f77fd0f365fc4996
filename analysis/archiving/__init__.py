"""A whole review as one file: evidence, analyses, snapshots and figures, checked and loaded anywhere."""

from analysis.archiving.contents import BadReviewBundle
from analysis.archiving.loading import Loaded, NotLoaded, load_bundle
from analysis.archiving.packing import write_review_bundle
from analysis.archiving.reading import ReviewBundle, open_bundle

__all__ = [
    "BadReviewBundle",
    "Loaded",
    "NotLoaded",
    "ReviewBundle",
    "load_bundle",
    "open_bundle",
    "write_review_bundle",
]
