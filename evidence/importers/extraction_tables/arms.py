"""Arms of the studies of a table: found among those that are known, or made, with what the table says of them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from evidence.importers.building import Building
from evidence.importers.extraction_tables.naming import NUMBER, Names
from evidence.importers.extraction_tables.synonyms import COMPARATOR_LABELS, EXPERIMENTAL_LABELS
from evidence.importers.extraction_tables.words import Word, code_of, tokens_of
from evidence.importers.naming import study_code_without_marks
from evidence.importers.problems import CellProblem
from evidence.models import Arm

Cells = Mapping[str, str]
ROLES = {"e": Arm.Role.EXPERIMENTAL, "c": Arm.Role.COMPARATOR}
USUAL = {"e": "experimental group", "c": "control group"}


@dataclass(slots=True)
class Arms:
    """The arms of a table's studies, in the making."""

    building: Building
    names: Names
    comparator_types: tuple[Word, ...]
    answers: Cells
    known: set[str] = field(default_factory=set)
    new_studies: set[str] = field(default_factory=set)
    without_type: Counter[str] = field(default_factory=Counter)
    without_role: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.known = set(self.names.arms)

    def study(self, line: int, name: str, year: str, columns: Cells) -> str:
        """Give the code of a study; one that the review does not have is added under its name."""
        found = self.names.study(name)
        if found:
            return found
        code = study_code_without_marks(name)
        cells = {"code": code, "label": name, "year": year or None}
        self.building.row("studies", line, cells, dict.fromkeys(("code", "label"), columns["study"]))
        if code not in self.names.codes:
            self.names.add_study(code, name)
            self.new_studies.add(code)
        return code

    def by_label(self, line: int, study: str, label: str, said: Cells, columns: Cells, group: str = "") -> int:
        """Give the number of an arm by its label, or by its number where the label is one.

        Raises
        ------
        CellProblem : the study has arms already, and none of this label
        """
        number = self.names.labelled(study, label)
        if number is None and NUMBER.fullmatch(label):
            number = int(label) if study not in self.known or int(label) in self._numbers(study) else None
            label = f"arm {label}"
        is_new = number is None or number not in self._numbers(study)
        if is_new and study in self.known:
            there = ", ".join(f"{one} ({name})" for one, (name, _) in sorted(self.names.labels.get(study, {}).items()))
            raise CellProblem(f"There is no arm “{label}” of study {study}; there are {there}.")
        if number is None:
            number = max(self._numbers(study), default=0) + 1
        self._say(line, study, number, label, said, columns, self._role(label, said, group), is_new=is_new)
        return number

    def by_group(self, line: int, study: str, group: str, label: str, said: Cells, columns: Cells) -> int:
        """Give the number of the arm that a header calls 1 or 2, or the experimental arm or the comparator.

        Raises
        ------
        CellProblem : it is not clear which of the study's arms that is
        """
        group = self._turned(group)
        if label:
            return self.by_label(line, study, label, said, columns, group)
        if study not in self.known:
            return self.by_label(line, study, USUAL.get(group, f"group {group}"), said, columns, group)
        role = ROLES.get(group)
        numbers = self.names.roles.get(study, {}).get(role, []) if role else []
        if len(numbers) == 1:
            return numbers[0]
        what = f"with the role {role.label.lower()}" if role else f"called “group {group}”"
        there = ", ".join(f"{one} ({name})" for one, (name, _) in sorted(self.names.labels.get(study, {}).items()))
        raise CellProblem(
            f"It is not clear which arm of {study} is meant: {len(numbers)} {what}; there are {there}. Give the table "
            "a column with the name of the arm, or say which arm group 1 is."
        )

    def _turned(self, group: str) -> str:
        first = {"experimental": ("e", "c"), "comparator": ("c", "e")}.get(self.answers.get("first_is", ""))
        return dict(zip("12", first, strict=True)).get(group, group) if first else group

    def _numbers(self, study: str) -> set[int]:
        return set(self.names.labels.get(study, {}))

    def _role(self, label: str, said: Cells, group: str) -> str:
        """Give the role of an arm, "" where the table does not say it."""
        written = code_of([Word(code, text) for code, text in Arm.Role.choices], said.get("role", ""))
        if written:
            return written
        sought = tokens_of(label)
        for name, role in (("experimental", Arm.Role.EXPERIMENTAL), ("comparator", Arm.Role.COMPARATOR)):
            if sought in [tokens_of(one) for one in self.answers.get(name, "").split(";")]:
                return role
        is_of_a_type = code_of(self.comparator_types, said.get("comparator_type", ""))
        if tokens_of(said.get("role", "")) in map(tokens_of, COMPARATOR_LABELS) or is_of_a_type:
            return Arm.Role.COMPARATOR
        if group in ROLES:
            return ROLES[group]
        if sought in map(tokens_of, EXPERIMENTAL_LABELS):
            return Arm.Role.EXPERIMENTAL
        is_comparator = sought in map(tokens_of, COMPARATOR_LABELS) or code_of(self.comparator_types, label)
        return Arm.Role.COMPARATOR if is_comparator else ""

    def _type(self, label: str, said: Cells) -> str:
        """Give the comparator type of a comparator, "" where neither the table nor a person says it."""
        for text in (said.get("comparator_type", ""), label, self.answers.get("comparator_type", "")):
            found = code_of(self.comparator_types, text)
            if found:
                return found
        return ""

    def _say(
        self, line: int, study: str, number: int, label: str, said: Cells, columns: Cells, role: str, *, is_new: bool
    ) -> None:
        """Add the row of an arm where it is new, or where the table says something of it."""
        kind = self._type(label, said) if role == Arm.Role.COMPARATOR else ""
        if role == Arm.Role.COMPARATOR and not kind:
            role = ""
            if is_new:
                self.without_type[label] += 1
        stored_label, stored_role = self.names.labels.get(study, {}).get(number, (label, ""))
        size = said.get("n_randomised")
        if not is_new and not size and role in ("", stored_role):
            return
        if is_new and not role and label not in self.without_type:
            self.without_role[label] += 1
        cells: dict[str, str | None] = {
            "study": study,
            "number": str(number),
            "label": stored_label,
            "role": role or stored_role or Arm.Role.UNASSIGNED,
            "comparator_type": kind
            if kind and (is_new or role != stored_role or said.get("comparator_type"))
            else None,
            "n_randomised": size or None,
        }
        self.building.row("arms", line, cells, columns)
        if is_new:
            self.names.add_arm(study, number, stored_label, cells["role"] or "")

    def tell(self) -> None:
        """Tell what is added under the names of the table, and what is not known of it."""
        if self.new_studies:
            count = len(self.new_studies)
            self.building.note(
                f"New studies, named as in the file: {count} ({', '.join(sorted(self.new_studies)[:10])})."
            )
        if self.without_type:
            self.building.note(
                f"Comparators without a role, since the file does not say what kind of comparator they are: "
                f"{_listed(self.without_type)}. Answer “kind of comparator”, or set it in the review."
            )
        if self.without_role:
            self.building.note(
                f"Arms whose role is not said, which go in as not assigned: {_listed(self.without_role)}. Name them as "
                "experimental arms or comparators, or set it in the review."
            )


def _listed(counts: Counter[str]) -> str:
    shown = ", ".join(f"“{label}” ({count})" for label, count in counts.most_common(10))
    return shown + (f" and {len(counts) - 10} more" if len(counts) > 10 else "")
