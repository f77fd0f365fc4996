"""The forest plot of a snapshot: the stored figure, beside it what the dataset and the evidence know of each row."""

from analysis.forests.choices import Choice, choices_for, choices_of, chosen_columns, usual_columns
from analysis.forests.drawing import Forest, forest_of
from analysis.forests.risk_of_bias import tool_of

__all__ = ["Choice", "Forest", "choices_for", "choices_of", "chosen_columns", "forest_of", "tool_of", "usual_columns"]
