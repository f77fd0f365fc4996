"""How papers print results: a grammar that reads the claims of a text, with their places."""

from analysis.claims.grammar.reading import read_claims

__all__ = ["read_claims"]
