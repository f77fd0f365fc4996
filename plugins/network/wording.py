"""Sentences that every model of the network says."""

NOT_FITTED = "The network was not analysed: {error}."
TWO_TREATMENTS = "The network has two treatments only: this is an ordinary meta-analysis, and nothing is indirect."
SCORES = (
    "P-scores say how surely a treatment is better than the others, not by how much; differences and their intervals "
    "count for a decision."
)
