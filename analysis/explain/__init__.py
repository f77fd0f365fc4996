"""What moved between two snapshots, and why: pure functions of plain data. See docs/explain.md."""

from analysis.explain.conclusions import CLASS_NAMES, ChangedClass, Conclusion, changed_classes, conclusion_of
from analysis.explain.differences import Edit, diff_study
from analysis.explain.explanation import explain
from analysis.explain.mixture import Mixture, NotComparable, Side
from analysis.explain.records import QUANTITIES, Author, Contribution, Explanation, SnapshotFacts
from analysis.explain.shapley import Shares, share_out
from analysis.explain.standing import conclude, important_of

__all__ = [
    "CLASS_NAMES",
    "QUANTITIES",
    "Author",
    "ChangedClass",
    "Conclusion",
    "Contribution",
    "Edit",
    "Explanation",
    "Mixture",
    "NotComparable",
    "Shares",
    "Side",
    "SnapshotFacts",
    "changed_classes",
    "conclude",
    "conclusion_of",
    "diff_study",
    "explain",
    "important_of",
    "share_out",
]
