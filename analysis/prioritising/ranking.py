"""Ranks of records by how likely readers are to include them."""

from collections.abc import Sequence

import numpy as np

from analysis.prioritising.errors import TooFewLabels

FEWEST_OF_EACH = 1
MOST_WORDS = 50_000
# What is learned from few includes among many excludes: weights that make both kinds count the same.
METHOD = "TF-IDF of words and pairs of words, logistic regression with balanced classes"


def rank(texts: Sequence[str], labels: Sequence[bool | None]) -> list[int]:
    """Return the positions of the texts without a label, likeliest to be included first.

    Parameters
    ----------
    texts : title and abstract of each record
    labels : for each text whether its record was included; None where that is not settled

    Returns
    -------
    list of positions in `texts`; texts of equal score keep their order

    Raises
    ------
    TooFewLabels : no included or no excluded record to learn from

    Notes
    -----
    Certainty-based active learning: the records that the model thinks likeliest come first, are read, and the model is
    fitted again. Deterministic: equal texts and labels give equal ranks.

    References
    ----------
    Miwa M, Thomas J, O'Mara-Eves A, Ananiadou S (2014). Reducing systematic review workload through certainty-based
    screening. Journal of Biomedical Informatics 51:242-253. doi:10.1016/j.jbi.2014.06.005
    """
    included, excluded = sum(label is True for label in labels), sum(label is False for label in labels)
    if min(included, excluded) < FEWEST_OF_EACH:
        raise TooFewLabels(needed=FEWEST_OF_EACH, included=included, excluded=excluded)
    open_places = [place for place, label in enumerate(labels) if label is None]
    if not open_places:
        return []
    scores = _scores(texts, labels, open_places)
    order = np.argsort(-scores, kind="stable")
    return [open_places[place] for place in order]


def _scores(texts: Sequence[str], labels: Sequence[bool | None], open_places: list[int]) -> np.ndarray:
    """Return the model's score of each text without a label, higher for likelier."""
    # Imported here: it takes a second, which a web process that never ranks should not spend at its start.
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    words = TfidfVectorizer(
        strip_accents="unicode",
        stop_words="english",
        ngram_range=(1, 2),
        min_df=2 if len(texts) > 2 else 1,
        max_features=MOST_WORDS,
        sublinear_tf=True,
        dtype=np.float64,
    )
    try:
        matrix = words.fit_transform(texts)
    except ValueError:  # no word is left: texts are empty, or no two of them share a word
        return np.zeros(len(open_places))
    known = [place for place, label in enumerate(labels) if label is not None]
    model = LogisticRegression(class_weight="balanced", C=10.0, solver="liblinear", random_state=0)
    model.fit(matrix[known], [bool(labels[place]) for place in known])
    scores: np.ndarray = model.decision_function(matrix[open_places])
    return scores
