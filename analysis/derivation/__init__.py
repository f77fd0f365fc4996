"""From frozen evidence to a dataset: a pure function of the freeze's content and the rules of the analysis."""

from analysis.derivation.dataset import DerivationError, derive
from analysis.derivation.rules import Rules
from analysis.derivation.study_rows import study_facts

__all__ = ["DerivationError", "Rules", "derive", "study_facts"]
