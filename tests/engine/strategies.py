"""Studies that Hypothesis makes up: effects and variances as they occur, and worse."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

# Three decimals: effects that are equal or differ visibly, as printed numbers do.
EFFECTS = st.integers(-5000, 5000).map(lambda value: value / 1000.0)
VARIANCES = st.integers(1, 5000).map(lambda value: value / 1000.0)


@st.composite
def studies(draw: st.DrawFn, *, least: int = 2, most: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Return effects and variances of `least` to `most` studies, not all effects equal."""
    k = draw(st.integers(least, most))
    yi = draw(st.lists(EFFECTS, min_size=k, max_size=k).filter(lambda values: len(values) < 2 or len(set(values)) > 1))
    vi = draw(st.lists(VARIANCES, min_size=k, max_size=k))
    return np.array(yi), np.array(vi)
