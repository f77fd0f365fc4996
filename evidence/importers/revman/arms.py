"""Which arms of a study the two groups of an analysis are."""

from dataclasses import dataclass, field

from evidence.importers.naming import code_of, folded, short_label
from evidence.importers.revman.content import Analysis, Entry
from evidence.importers.revman.filling import Filling
from evidence.importers.revman.studies import WITH_ARMS
from evidence.models import Arm, ComparatorType

EXPERIMENTAL, COMPARATOR = "Experimental", "Control"
LONGEST_LABEL = 200


@dataclass(slots=True)
class Arms:
    """The arms of all studies as they are found: by study, the number of each label; and the role of each label."""

    filling: Filling
    numbers: dict[str, dict[str, int]] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    turned: dict[str, str] = field(default_factory=dict)

    def pair(self, analysis: Analysis, entry: Entry, *, is_apart: bool) -> tuple[int, int]:
        """Give the numbers of the two arms of an entry; arms that are new are added.

        Parameters
        ----------
        is_apart : the subgroup of the entry is a part of the participants, with arms of its own
        """
        study = self.filling.codes[entry.study]
        first, second = self._labels(analysis, entry)
        if is_apart and entry.subgroup:
            first, second = f"{first} ({entry.subgroup})", f"{second} ({entry.subgroup})"
        return (
            self._number(study, entry.line, first, Arm.Role.EXPERIMENTAL, first),
            self._number(study, entry.line, second, Arm.Role.COMPARATOR, analysis.second or COMPARATOR),
        )

    def _labels(self, analysis: Analysis, entry: Entry) -> tuple[str, str]:
        source = self.filling.content.studies[entry.study]
        named = WITH_ARMS.fullmatch(source.name)
        if named:
            return named["first"], named["second"]
        return analysis.first or EXPERIMENTAL, analysis.second or COMPARATOR

    def _number(self, study: str, line: int, label: str, role: str, kind: str) -> int:
        known = self.numbers.setdefault(study, {})
        key = folded(label)
        if key not in known:
            stored = self._stored(study, label, role)
            known[key] = stored.number if stored else self._add(study, line, label, role, kind)
        if self.roles.setdefault(key, role) != role:
            self.turned[label] = self.roles[key]
        return known[key]

    def _stored(self, study: str, label: str, role: str) -> Arm | None:
        """Give the arm of the review that a label means: by its own label, or the only one that the words can mean."""
        stored = self.filling.standing.arms.get(study, [])
        named = next((arm for arm in stored if folded(arm.label) == folded(short_label(label, LONGEST_LABEL))), None)
        if named is not None:
            return named
        of_role = [arm for arm in stored if arm.role == role]
        if role == Arm.Role.COMPARATOR:
            typed = [arm for arm in of_role if arm.comparator_type and _is_called(arm.comparator_type, label)]
            if len(typed) == 1:
                return typed[0]
        general = EXPERIMENTAL if role == Arm.Role.EXPERIMENTAL else COMPARATOR
        return of_role[0] if len(of_role) == 1 and folded(label) == folded(general) else None

    def _add(self, study: str, line: int, label: str, role: str, kind: str) -> int:
        stored = self.filling.standing.arms.get(study, [])
        taken = [*self.numbers[study].values(), *(arm.number for arm in stored)]
        number = max(taken, default=0) + 1
        role = self.roles.setdefault(folded(label), role)
        comparator = self._comparator_type(line, kind) if role == Arm.Role.COMPARATOR else None
        cells = {"study": study, "number": str(number), "label": short_label(label, LONGEST_LABEL), "role": role}
        self.filling.building.row("arms", line, {**cells, "comparator_type": comparator})
        return number

    def _comparator_type(self, line: int, label: str) -> str:
        """Give the code of the comparator type that is called like the group; it is added where it is new."""
        stored = self.filling.standing.comparator_named(label)
        if stored is not None:
            return stored.code
        code = code_of(label)
        # Of labels that differ in case only, the first names the type.
        if not any(row.values.get("code") == code for row in self.filling.building.folder.rows_of("comparator_types")):
            self.filling.building.row("comparator_types", line, {"code": code, "name": short_label(label)})
        return code


def _is_called(kind: ComparatorType, label: str) -> bool:
    return folded(label) in (folded(kind.name), folded(kind.code))
