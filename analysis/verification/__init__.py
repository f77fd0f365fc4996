"""Checking what is stored: digests, datasets derived again, runs computed again, and the chain of snapshots."""

from analysis.verification.chain import Chain, Link, check_chains, check_links, check_sign_offs, find_head
from analysis.verification.comparing import Difference, compare, largest
from analysis.verification.recomputing import Outcome, Verdict, judge_result
from analysis.verification.rows import CHECKS, Checked
from analysis.verification.selection import NothingFound, Selection, everything, select, take_sample

__all__ = [
    "CHECKS",
    "Chain",
    "Checked",
    "Difference",
    "Link",
    "NothingFound",
    "Outcome",
    "Selection",
    "Verdict",
    "check_chains",
    "check_links",
    "check_sign_offs",
    "compare",
    "everything",
    "find_head",
    "judge_result",
    "largest",
    "select",
    "take_sample",
]
