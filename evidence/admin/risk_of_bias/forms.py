"""The forms of an assessment: one for each question and one for each judgement."""

from typing import Any

from django import forms
from django.utils.functional import cached_property

from evidence.admin import versions
from evidence.models import Judgement, SignallingAnswer
from evidence.services.judging import Verdict
from evidence.services.risk_of_bias import GivenAnswer
from evidence.tools import ANSWERS, Question, Tool

NOT_ANSWERED = "No answer yet"
NOT_JUDGED = "Not judged yet"
AS_PROPOSED = "As the answers give"


def text_area(rows: int, label: str) -> forms.CharField:
    """Give a text that may be empty."""
    widget = forms.Textarea(attrs={"rows": rows, "cols": 40})
    return forms.CharField(label=label, required=False, widget=widget)


class RowForm(forms.Form):
    """A form over one row, which knows whether somebody changed the row since the page was shown (see `versions`)."""

    def __init__(self, data: Any, *, prefix: str, row: Any, initial: dict[str, Any]) -> None:
        super().__init__(data, prefix=prefix, initial=initial)
        self.instance = row

    @property
    def stored_values(self) -> dict[str, Any]:
        """What is stored of the row."""
        return {name: self.initial.get(name, "") for name in self.fields}

    @property
    def stored_digest(self) -> str:
        """The version of what is stored."""
        return versions.digest_of(self.stored_values)

    @cached_property
    def is_outdated(self) -> bool:
        """Whether the row was changed elsewhere since the page was shown."""
        based_on = versions.read_box(self.data).get(self.prefix or "", "") if self.is_bound else ""
        return bool(based_on) and based_on != self.stored_digest

    @cached_property
    def is_untouched(self) -> bool:
        """Whether an outdated row was sent as it was shown: then it stays as it is stored."""
        if not self.is_outdated:
            return False
        was_sent = versions.digest_of({name: versions.sent(self, name) for name in self.fields})
        return was_sent in (versions.read_box(self.data)[self.prefix or ""], self.stored_digest)

    @property
    def is_stale(self) -> bool:
        """Whether the row was changed here and elsewhere."""
        return self.is_outdated and not self.is_untouched

    def clean(self) -> dict[str, Any]:
        """Refuse to overwrite what somebody else saved meanwhile; both values are shown."""
        cleaned = super().clean() or self.cleaned_data
        if self.is_stale:
            self.add_error(None, versions.stale_sentence(self))
        return cleaned

    def now(self, name: str) -> str:
        """Give the value that counts: what was sent, unless the row stays as it is stored."""
        if not self.is_bound or self.is_untouched:
            return str(self.initial.get(name, ""))
        return str(versions.sent(self, name) or "")


class QuestionForm(RowForm):
    """The answer to a signalling question, what supports it, and its place in the report."""

    answer = forms.ChoiceField(required=False, widget=forms.RadioSelect)
    support = text_area(2, "What supports it")
    page = forms.CharField(label="Page", required=False, max_length=40)
    table = forms.CharField(label="Table or figure", required=False, max_length=80)
    quote = text_area(2, "Words of the report")

    def __init__(self, data: Any, *, prefix: str, question: Question, saved: SignallingAnswer | None) -> None:
        names = ("answer", "support", "page", "table", "quote")
        initial = {name: getattr(saved, name, "") for name in names}
        if initial["answer"] not in question.answers:
            initial["answer"] = ""  # “not applicable” of a question that was not asked
        super().__init__(data, prefix=prefix, row=saved or SignallingAnswer(), initial=initial)
        self.question, self.saved, self.is_asked, self.condition = question, saved, True, ""
        answer: Any = self.fields["answer"]
        answer.label = question.text
        answer.choices = [*((code, ANSWERS[code]) for code in question.answers), ("", NOT_ANSWERED)]
        has = ", ".join(ANSWERS[code] for code in question.answers)
        answer.error_messages["invalid_choice"] = f"Question {question.number} has the answers {has}."
        for name, label in (("support", "Support"), ("page", "Page"), ("table", "Table"), ("quote", "Quote")):
            self.fields[name].label = f"{label} for {question.number}"

    @property
    def answer_name(self) -> str:
        """The stored answer in words."""
        return ANSWERS.get(self.initial["answer"], NOT_ANSWERED)

    @property
    def has_place(self) -> bool:
        """Whether the place in the report is filled in, or was refused."""
        return any(self.now(name) or self.errors.get(name) for name in ("table", "quote"))

    def given(self) -> GivenAnswer:
        """Give the answer for the service; a question that is not asked keeps only what supports it."""
        values = {name: self.cleaned_data.get(name, "") for name in ("support", "page", "table", "quote")}
        if self.is_asked:
            return GivenAnswer(self.cleaned_data.get("answer", ""), **values)
        return GivenAnswer("NA" if self.saved or any(values.values()) else "", **values)


class VerdictForm(RowForm):
    """The judgement of one domain: as the answers give, or another one with the reason."""

    judgement = forms.ChoiceField(required=False, widget=forms.RadioSelect)
    justification = text_area(2, "Reason")
    page = forms.CharField(label="Page", required=False, max_length=40)
    quote = text_area(1, "Words of the report")

    def __init__(
        self, data: Any, *, prefix: str, tool: Tool, domain: str, has_rule: bool, saved: Judgement | None
    ) -> None:
        initial = {name: getattr(saved, name, "") for name in ("judgement", "justification", "page", "quote")}
        if saved is not None and saved.proposed == saved.judgement:
            initial["judgement"] = ""
        super().__init__(data, prefix=prefix, row=saved or Judgement(), initial=initial)
        self.tool, self.domain, self.has_rule, self.saved = tool, domain, has_rule, saved
        self.name = tool.domain_name(domain)
        judgement: Any = self.fields["judgement"]
        judgement.label = f"Judgement of {self.name}"
        judgement.choices = [("", AS_PROPOSED if has_rule else NOT_JUDGED), *tool.levels.items()]
        has = ", ".join(tool.levels.values())
        judgement.error_messages["invalid_choice"] = f"{tool.name} has no judgement “%(value)s”; it has {has}."
        self.fields["justification"].label = f"Reason for {self.name}"
        self.fields["page"].label = f"Page for {self.name}"
        self.fields["quote"].label = f"Quote for {self.name}"

    @property
    def level(self) -> str:
        """The stored judgement."""
        return self.saved.judgement if self.saved else ""

    @property
    def level_name(self) -> str:
        """The stored judgement in words."""
        return self.tool.level_name(self.level) if self.level else NOT_JUDGED

    def check_against(self, proposed: str) -> str:
        """Note a departure without a reason, or a reason without a judgement; give the judgement that results."""
        chosen, reason = self.now("judgement"), self.now("justification").strip()
        if "judgement" in self.errors or self.is_untouched:
            return chosen or proposed
        if chosen and proposed and chosen != proposed and not reason:
            self.add_error(
                "justification",
                f"The rule of {self.tool.name} gives “{self.tool.level_name(proposed)}” here, not "
                f"“{self.tool.level_name(chosen)}”; say why the judgement departs from it.",
            )
        if reason and not chosen and not proposed:
            self.add_error(
                "judgement",
                f"{self.name} has no judgement yet: choose one, or answer its questions, or clear the reason.",
            )
        return chosen or proposed

    def verdict(self) -> Verdict:
        """Give the judgement for the service."""
        return Verdict(**{name: self.cleaned_data.get(name, "") for name in self.fields})
