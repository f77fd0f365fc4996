"""How much each coefficient's variance grows because the moderators go together.

With R the correlations of the coefficients without the intercept, the generalised inflation factor of a set t is
det(R_tt) det(R_rest) / det(R) with the rest of the coefficients; for one coefficient that is its VIF. R comes from the
covariance of the fit, so that the weights of the studies count; the factor of Hartung and Knapp cancels. Without an
intercept R has all coefficients.

References
----------
Fox and Monette (1992), doi:10.1080/01621459.1992.10475190.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.engine.errors import InvalidInput, UndefinedResult
from analysis.engine.regression import MetaRegression


@dataclass(frozen=True, slots=True)
class InflationFactor:
    """The inflation of one coefficient, or of several together.

    Attributes
    ----------
    name : the coefficient, the term or the set
    coefficients : names of its coefficients
    vif : (generalised) variance inflation factor, at least 1 but for rounding
    sif : vif**(1 / (2 m)) for m coefficients, the growth of the standard error; comparable between terms
    """

    name: str
    coefficients: tuple[str, ...]
    vif: float
    sif: float


@dataclass(frozen=True, slots=True)
class VarianceInflation:
    """Inflation of each coefficient but the intercept, and of each term (all coefficients of a category together)."""

    coefficients: tuple[InflationFactor, ...]
    terms: tuple[InflationFactor, ...]


def variance_inflation(
    fit: MetaRegression, *, together: Mapping[str, Sequence[str]] | None = None
) -> VarianceInflation:
    """Return variance inflation factors, and generalised ones of the terms.

    Parameters
    ----------
    fit : a meta-regression
    together : None for the terms of the model, or sets of coefficients by name

    Raises
    ------
    InvalidInput
        A set without a coefficient, a repeated one, the intercept, or a name that is no coefficient.
    UndefinedResult
        The covariance of the coefficients is singular to double precision.
    """
    first = 1 if fit.design.has_intercept else 0
    names = fit.names[first:]
    covariance = fit.covariance[first:, first:]
    scale = np.sqrt(np.diagonal(covariance))
    correlation = covariance / np.outer(scale, scale)
    try:
        inverse = np.linalg.inv(correlation)
    except np.linalg.LinAlgError as error:
        raise UndefinedResult(
            what="variance inflation", why="the covariance of the coefficients is singular"
        ) from error

    def inflate(name: str, members: Sequence[str]) -> InflationFactor:
        places = np.array([names.index(member) for member in members])
        block = np.ix_(places, places)
        # det(R_rest) / det(R) is the determinant of the block of the inverse.
        vif = float(np.linalg.det(correlation[block]) * np.linalg.det(inverse[block]))
        return InflationFactor(name=name, coefficients=tuple(members), vif=vif, sif=vif ** (0.5 / len(members)))

    sets = _terms_of(fit, first) if together is None else _read_sets(together, names)
    return VarianceInflation(
        coefficients=tuple(inflate(name, (name,)) for name in names),
        terms=tuple(inflate(name, members) for name, members in sets.items()),
    )


def _terms_of(fit: MetaRegression, first: int) -> dict[str, tuple[str, ...]]:
    """Return the coefficients of each term, in the order of the design."""
    found: dict[str, tuple[str, ...]] = {}
    for name, term in zip(fit.names[first:], fit.design.terms[first:], strict=True):
        found[term] = (*found.get(term, ()), name)
    return found


def _read_sets(together: Mapping[str, Sequence[str]], names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return the sets of coefficients, each known and named once."""
    found = {}
    for name, members in together.items():
        listed = (members,) if isinstance(members, str) else tuple(members)
        unknown = [member for member in listed if member not in names]
        if unknown or not listed or len(set(listed)) < len(listed):
            what = f'"{unknown[0]}"' if unknown else "no coefficient" if not listed else "a coefficient twice"
            raise InvalidInput("together", f'the set "{name}" has {what}; coefficients are: {", ".join(names)}')
        found[name] = listed
    return found
