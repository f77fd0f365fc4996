"""A document with its claims, and the tables and rules of the review that they are held against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from analysis.claims.claim import Claim, Quantity, Statement

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of eligibility: what every row of a table must meet, as a condition such as "weeks >= 4"."""

    code: str
    title: str
    table: str
    condition: str


@dataclass(frozen=True, slots=True)
class Assessed:
    """The risk of bias of one study: judgements by domain, the overall one, and the tool."""

    study: str
    domains: tuple[tuple[str, str], ...]
    overall: str
    tool: str = "RoB 2"
    place: str = ""


@dataclass(frozen=True)
class Document:
    """Claims, and what they are checked against; empty where there is nothing to check against.

    Attributes
    ----------
    claims : in the order of the document
    tables : rows by the name of the table; a row has its study under "study"
    rules : rules of eligibility
    assessed : risk of bias by study
    labels : (study, where, name): how each place writes the name of a study
    sums : (table, whole, parts, count): columns of a table whose parts sum to the whole in every row where as many
        parts are filled in as the column `count` says
    """

    claims: Sequence[Claim] = ()
    tables: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    rules: Sequence[Rule] = ()
    assessed: Sequence[Assessed] = ()
    labels: Sequence[tuple[str, str, str]] = ()
    sums: Sequence[tuple[str, str, tuple[str, ...], str]] = ()

    @cached_property
    def by_code(self) -> dict[str, Claim]:
        """The claims by code."""
        return {claim.code: claim for claim in self.claims}

    @cached_property
    def statements(self) -> dict[str, Statement]:
        """The claims that are printed together, by statement; of two of one quantity, the first."""
        found: dict[str, dict[Quantity, Claim]] = {}
        for claim in self.claims:
            if claim.statement:
                found.setdefault(claim.statement, {}).setdefault(claim.quantity, claim)
        return dict(found)

    @cached_property
    def by_subject(self) -> dict[tuple[str, Quantity, str], list[Claim]]:
        """The claims that state the same thing, by subject, quantity and measure."""
        found: dict[tuple[str, Quantity, str], list[Claim]] = {}
        for claim in self.claims:
            if claim.subject:
                found.setdefault((claim.subject, claim.quantity, claim.measure), []).append(claim)
        return found

    def with_all(self, *quantities: Quantity) -> Iterator[Statement]:
        """Give the statements that have a number for each of these quantities."""
        for statement in self.statements.values():
            if all(name in statement and statement[name].interval is not None for name in quantities):
                yield statement

    def of(self, quantity: Quantity) -> Iterator[Claim]:
        """Give the claims of a quantity."""
        return (claim for claim in self.claims if claim.quantity is quantity)
