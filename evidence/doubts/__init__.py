"""Numbers that are possible to print and unlikely to be right, and the question to a reviewer about each; pure.

One function per doubt over plain values. Nothing is ever changed: a reviewer answers, or corrects the row.
"""

from evidence.doubts.asking import Question, questions_about
from evidence.doubts.doubt import Doubt, Kind
from evidence.doubts.printed import ArmNumbers, ArmSize, ContrastNumbers, Scale, StudyNumbers

__all__ = [
    "ArmNumbers",
    "ArmSize",
    "ContrastNumbers",
    "Doubt",
    "Kind",
    "Question",
    "Scale",
    "StudyNumbers",
    "questions_about",
]
