"""Data sets and questions for the tests of small-study effects."""

import numpy as np

from analysis.contract import Dataset, Effect, OutcomeFacts
from analysis.testing import quiet
from plugins import small_study_effects
from plugins.small_study_effects import Params


def ask(dataset: Dataset, **params):
    """Give the result for these parameters."""
    return small_study_effects.run(dataset, Params(**params), {}, quiet)


def dataset_of(yi, vi, *, measure="MD", direction="lower", n=50.0) -> Dataset:
    """Give a dataset with these effects; `n` participants in each group."""
    return Dataset(
        measure=measure,
        outcome=OutcomeFacts(code="pain", name="Pain", direction=direction),
        window="any",
        effects=tuple(
            Effect(id=f"e{i}", study=f"s{i}", label=f"Study {i}", yi=float(y), vi=float(v), n1=n, n2=n)
            for i, (y, v) in enumerate(zip(yi, vi, strict=True))
        ),
    )


def skewed(*, measure="MD", sign=1.0) -> Dataset:
    """Give twelve studies whose effects grow with their standard errors."""
    sei = np.linspace(0.1, 0.6, 12)
    return dataset_of(sign * (0.2 + 2.0 * sei + 0.05 * np.cos(np.arange(12))), sei**2, measure=measure)


def row_of(rows, name):
    """Give the row of a name."""
    return next(row for row in rows if row.name == name)
