"""The page on which an adjudicator settles two assessments: only what differs, side by side."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from evidence.admin import versions
from evidence.admin.risk_of_bias.forms import RowForm
from evidence.admin.risk_of_bias.page import refusals
from evidence.models import Assessment, AssessmentDecision, SignallingAnswer
from evidence.services.risk_of_bias import Choice, decide_differences
from evidence.services.risk_of_bias.comparing import FIRST, OTHER, SECOND, Comparison, Item
from evidence.services.risk_of_bias.settling import comparison_of
from evidence.tools import ANSWERS, OVERALL, Tool

NONE = "no answer: it was not asked"


@dataclass(frozen=True, slots=True)
class Side:
    """What one reader said of an item."""

    reader: str
    value: str
    words: str
    text: str
    place: str
    quote: str


class DifferenceForm(RowForm):
    """What is taken for one difference."""

    taken = forms.ChoiceField(required=False, widget=forms.RadioSelect, label="Take")
    value = forms.ChoiceField(required=False, label="Third value")
    reason = forms.CharField(required=False, label="Reason", widget=forms.Textarea(attrs={"rows": 2, "cols": 40}))

    def __init__(self, data: Any, *, prefix: str, item: Item, tool: Tool, readers: tuple[str, str]) -> None:
        decision = item.decision
        initial = {
            "taken": decision.taken if decision else _only_one(item),
            "value": decision.value if decision and decision.taken == OTHER else "",
            "reason": decision.reason if decision else "",
        }
        super().__init__(data, prefix=prefix, row=decision or AssessmentDecision(), initial=initial)
        self.item, self.tool = item, tool
        words = ANSWERS if item.question else tool.levels
        allowed = item.question.answers if item.question else tuple(tool.levels)
        self.name = f"{item.question.number} {item.question.text}" if item.question else self._judgement_name()
        taken: Any = self.fields["taken"]
        taken.choices = [
            (choice, f"{reader}: {words.get(value, value)}")
            for choice, reader, value in zip(
                (FIRST, SECOND), readers, (item.first_value, item.second_value), strict=True
            )
            if value
        ]
        taken.choices += [(OTHER, "A third value")]
        taken.label = f"Take for {self.name}"
        value: Any = self.fields["value"]
        value.choices = [("", "Choose"), *((code, words[code]) for code in allowed)]
        value.label = f"Third value for {self.name}"
        self.fields["reason"].label = f"Reason for {self.name}"
        self.sides = [
            _side(reader, row, code, words)
            for reader, row, code in zip(
                readers, (item.first, item.second), (item.first_value, item.second_value), strict=True
            )
        ]

    def _judgement_name(self) -> str:
        return f"Judgement: {self.tool.domain_name(self.item.domain)}"

    @property
    def value_name(self) -> str:
        """The value that holds, in words."""
        words = ANSWERS if self.item.question else self.tool.levels
        return words.get(self.item.value, "")

    def choice(self) -> Choice | None:
        """Give what was taken, None where nothing is."""
        taken = self.cleaned_data.get("taken", "")
        if not taken:
            return None
        return Choice(taken, self.cleaned_data.get("value", ""), self.cleaned_data.get("reason", ""))


def _only_one(item: Item) -> str:
    """Offer the only answer that there is, where one reader was not asked."""
    if item.first_value and not item.second_value:
        return FIRST
    return SECOND if item.second_value and not item.first_value else ""


def _side(reader: str, row: Any, value: str, words: Any) -> Side:
    is_answer = isinstance(row, SignallingAnswer)
    text = getattr(row, "support" if is_answer else "justification", "")
    place = ", ".join(filter(None, (f"page {row.page}" if row and row.page else "", getattr(row, "table", ""))))
    return Side(reader, value, words.get(value, NONE) if value else NONE, text, place, getattr(row, "quote", ""))


@dataclass(slots=True)
class SettleSection:
    """One domain of the settling page."""

    domain: str
    name: str
    proposal_name: str
    forms: list[DifferenceForm] = field(default_factory=list)
    agreed: list[tuple[str, str]] = field(default_factory=list)


class SettlePage:
    """The comparison of two assessments with a form for each difference."""

    def __init__(self, consensus: Assessment, data: Any = None) -> None:
        assert consensus.first is not None
        assert consensus.second is not None
        self.consensus, self.data = consensus, data
        self.readers = str(consensus.first.reviewer), str(consensus.second.reviewer)
        self.comparison: Comparison = comparison_of(consensus)
        self.tool, places = self.comparison.tool, {}
        for number, (_, question) in enumerate(self.tool.all_questions(consensus.effect), start=1):
            places[question.code] = f"d{number}"
        self.sections = [self._section(domain, places) for domain in (*self.tool.domains, OVERALL)]

    def _section(self, domain: str, places: dict[str, str]) -> SettleSection:
        proposal = self.comparison.proposal_of(domain)
        section = SettleSection(
            domain, self.tool.domain_name(domain), self.tool.level_name(proposal) if proposal else ""
        )
        items = [item for item in self.comparison.items() if item.domain == domain]
        for item in items:
            if item.is_agreed:
                words = ANSWERS if item.question else self.tool.levels
                name = f"{item.question.number} {item.question.text}" if item.question else "Judgement"
                section.agreed.append((name, words.get(item.value, item.value)))
                continue
            prefix = places[item.code] if item.question else f"v-{item.code}"
            sent = self.data if self.data is not None and f"{prefix}-reason" in self.data else None
            section.forms.append(DifferenceForm(sent, prefix=prefix, item=item, tool=self.tool, readers=self.readers))
        return section

    def forms(self) -> Iterator[DifferenceForm]:
        """Give the forms of all differences."""
        for section in self.sections:
            yield from section.forms

    def save(self, *, by: Any) -> bool:
        """Record what was taken; whether all of it could be."""
        sent = [form for form in self.forms() if form.is_bound]
        if [form for form in sent if form.errors]:
            return False
        touched = [form for form in sent if not form.is_untouched]
        choices = {form.item.code: choice for form in touched if (choice := form.choice())}
        try:
            decide_differences(by=by, consensus=self.consensus, choices=choices)
        except ValidationError as error:
            self._place(error)
            return False
        return True

    def _place(self, error: ValidationError) -> None:
        """Put each sentence at its difference."""
        if not hasattr(error, "error_dict"):
            raise error
        forms_by_item = {form.item.code: form for form in self.forms()}
        for code, said in error.message_dict.items():
            form = forms_by_item.get(code)
            if form is None:
                continue
            wants_reason = any("reason" in sentence or "say why" in sentence for sentence in said)
            form.add_error("reason" if wants_reason else "taken", said)

    @property
    def based_on(self) -> str:
        """What each difference of the page is based on."""
        return versions.write_box(self.forms(), versions.read_box(self.data or {}))

    @property
    def same(self) -> list[SettleSection]:
        """The domains in which nothing differs."""
        return [section for section in self.sections if section.agreed and not section.forms]

    @property
    def n_differences(self) -> int:
        """How many differences there are so far."""
        return len(self.comparison.differences)

    @property
    def n_open(self) -> int:
        """How many of them nobody has decided yet."""
        return len([item for item in self.comparison.differences if item.is_open])

    @property
    def errors(self) -> list[tuple[str, str, str]]:
        """All refused entries: where to go, the name of the place, and the sentence."""
        return [one for form in self.forms() if form.is_bound for one in refusals(form, form.name)]


def decided_by(consensus: Assessment) -> list[AssessmentDecision]:
    """Give the decisions of a consensus in the tool's order."""
    order = [question.code for _, question in consensus.definition.all_questions(consensus.effect)]
    order += [*consensus.definition.domains, OVERALL]
    return sorted(consensus.decisions.all(), key=lambda row: order.index(row.item) if row.item in order else len(order))
