"""What every part of the importer works with: the file, what the review has, and the rows in the making."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from evidence.importers.building import Building
from evidence.importers.metapsy import words
from evidence.importers.metapsy.comparisons import Comparison, Database
from evidence.importers.metapsy.known import Known
from evidence.importers.naming import Names
from evidence.importers.problems import CellProblem

FAMILY = "intervention"


@dataclass(slots=True)
class Source:
    """A database on its way into a review; `conditions` are the codes of its words for what arms received."""

    database: Database
    known: Known
    building: Building
    conditions: Mapping[str, str]
    _told: set[tuple[int, str]] = field(default_factory=set)

    def number(self, row: Comparison, name: str) -> str | None:
        """Give a number; None, and a problem, where it can be read in two ways."""
        try:
            return self.database.number(row, name)
        except CellProblem as problem:
            if (row.line, name) not in self._told:
                self._told.add((row.line, name))
                self.building.refuse(row.line, self.column(name), str(problem))
            return None

    def column(self, name: str) -> str:
        """Give what the file calls a column."""
        return self.database.names.get(name, name)

    def comparator(self, line: int, condition: str) -> str:
        """Give the code of a kind of comparator, and add it to the rows."""
        code = self.conditions[condition]
        stored = self.known.comparators.get(code)
        self.building.row("comparator_types", line, {"code": code, "name": stored or words.condition_name(condition)})
        return code

    def component(self, line: int, condition: str) -> str:
        """Give the code of a kind of intervention, and add it to the rows."""
        code = self.conditions[condition]
        stored = self.known.components.get(code)
        name, family = (stored.name, stored.family) if stored else (words.condition_name(condition), FAMILY)
        self.building.row("component_types", line, {"code": code, "name": name, "family": family})
        return code


def make_source(database: Database, known: Known, building: Building) -> Source:
    """Give the file with the codes of its conditions."""
    names = Names({**known.comparators, **dict.fromkeys(known.components, "")}, has_own_words=True)
    conditions = {row.get(f"condition_arm{arm}") for row in database.comparisons for arm in (1, 2)}
    return Source(database, known, building, names.codes(conditions))
