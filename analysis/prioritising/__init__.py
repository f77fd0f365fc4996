"""Which records are likely to be included, learned from those that are settled, and how much may be left to find.

Pure: texts and labels in, ranks and probabilities out. scikit-learn is imported when a model is first fitted.
"""

from analysis.prioritising.errors import TooFewLabels
from analysis.prioritising.ranking import FEWEST_OF_EACH, METHOD, rank
from analysis.prioritising.stopping import Stopping, missed_target_p_value, recall_reached, stopping_estimate

__all__ = [
    "FEWEST_OF_EACH",
    "METHOD",
    "Stopping",
    "TooFewLabels",
    "missed_target_p_value",
    "rank",
    "recall_reached",
    "stopping_estimate",
]
