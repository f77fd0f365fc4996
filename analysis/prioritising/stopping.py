"""How much may be left to find: a test of the hypothesis that too many includes are among the unread records."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import hypergeom

TARGET_PERCENT = 95
CONFIDENCE_PERCENT = 95


@dataclass(frozen=True, slots=True)
class Stopping:
    """What is known of the records that are not read yet.

    Attributes
    ----------
    total, screened, included : records of the review, those that are settled, and of these the included ones
    target_percent : the share of all includes that is aimed at
    p_value : the chance of finding as few includes lately as were found, if the target were not reached yet
    recall_percent : the largest share of all includes that has been found with 95 % confidence
    """

    total: int
    screened: int
    included: int
    target_percent: int
    p_value: float
    recall_percent: int

    @property
    def unread(self) -> int:
        """Records that are not settled."""
        return self.total - self.screened

    @property
    def is_reached(self) -> bool:
        """Whether the data speak clearly against having missed the target."""
        return self.p_value < 1 - CONFIDENCE_PERCENT / 100


def missed_target_p_value(
    labels: Sequence[bool],
    total: int,
    *,
    target_percent: int = TARGET_PERCENT,
    sample_from: int = 0,
    is_ranked: bool = True,
) -> float:
    """Return the p-value of the hypothesis that less than the target of all includes has been found.

    Parameters
    ----------
    labels : for each settled record, in the order in which they were settled, whether it was included
    total : number of records, read or not
    target_percent : 1 to 99
    sample_from : position of the first label of which a sample may consist, where earlier ones came in another order
    is_ranked : whether the likeliest came first; else the labels from `sample_from` on are one random sample

    Notes
    -----
    The last i settled records are taken as a random sample from an urn of those and the unread ones. If the target is
    missed, at least floor(r / target) - r + 1 includes are unread, with r found in all; the urn held these and those
    of the sample. The p-value is the hypergeometric chance of at most as many in the sample as were found; of
    all i the smallest is taken. Since the likeliest come first, the sample holds more includes than a random one would,
    so that each p-value is conservative; that the smallest of many is taken is not corrected for (as in the paper).
    Where fewer records are unread than would have to be missed, the target is certainly reached: 0. With nothing
    included yet: 1.

    References
    ----------
    Callaghan MW, Müller-Hansen F (2020). Statistical stopping criteria for automated screening in systematic reviews.
    Systematic Reviews 9:273. doi:10.1186/s13643-020-01521-4
    """
    found = np.asarray(labels, dtype=np.int64)
    screened = found.size
    r_seen = int(found.sum())
    if r_seen == 0:
        return 1.0
    missing = (100 * r_seen) // target_percent - r_seen + 1
    if missing > total - screened:
        return 0.0
    largest = screened - sample_from
    if largest < 1:
        return 1.0
    size = np.arange(1, largest + 1) if is_ranked else np.array([largest])
    in_sample = np.cumsum(found[::-1])[size - 1]
    urn = total - (screened - size)
    return float(np.min(hypergeom.cdf(in_sample, urn, missing + in_sample, size)))


def recall_reached(labels: Sequence[bool], total: int, *, sample_from: int = 0, is_ranked: bool = True) -> int:
    """Return the largest share of all includes, in percent up to 99, that has been found with 95 % confidence."""
    low, high = 0, 99
    while low < high:
        middle = (low + high + 1) // 2
        p_value = missed_target_p_value(
            labels, total, target_percent=middle, sample_from=sample_from, is_ranked=is_ranked
        )
        if p_value < 1 - CONFIDENCE_PERCENT / 100:
            low = middle
        else:
            high = middle - 1
    return low


def stopping_estimate(
    labels: Sequence[bool],
    total: int,
    *,
    target_percent: int = TARGET_PERCENT,
    sample_from: int = 0,
    is_ranked: bool = True,
) -> Stopping:
    """Return what can be said about the records that are not read yet."""
    return Stopping(
        total=total,
        screened=len(labels),
        included=sum(labels),
        target_percent=target_percent,
        p_value=missed_target_p_value(
            labels, total, target_percent=target_percent, sample_from=sample_from, is_ranked=is_ranked
        ),
        recall_percent=recall_reached(labels, total, sample_from=sample_from, is_ranked=is_ranked),
    )
