"""Risk of bias on the page of a study: one question per domain of the tool, and the overall judgement."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django import forms
from django.forms.utils import ErrorList
from django.utils.functional import cached_property

from evidence.admin.risk_of_bias.state import ResultState, states_of
from evidence.admin.rows import tied_to
from evidence.admin.standing import Standing
from evidence.admin.study.page import StudyPage
from evidence.models import Assessment, Judgement
from evidence.permissions import Act, readable_assessments
from evidence.services import judge, open_assessment
from evidence.services.judging import Answer, readers_of
from evidence.tools import OVERALL, Tool

PREFIX = "rob"


class JudgementForm(forms.Form):
    """The judgement of one domain and the reason for it; no judgement is chosen beforehand."""

    judgement = forms.ChoiceField(required=False, widget=forms.RadioSelect)
    justification = forms.CharField(
        label="Reason", required=False, widget=forms.Textarea(attrs={"rows": 1, "cols": 60})
    )

    def __init__(self, data: Any, *, tool: Tool, domain: str, saved: Judgement | None) -> None:
        initial = {"judgement": saved.judgement, "justification": saved.justification} if saved else {}
        super().__init__(data, prefix=f"{PREFIX}-{domain}", initial=initial)
        self.domain, self.saved, self.name = domain, saved, tool.domain_name(domain)
        self.level_name = tool.level_name(saved.judgement) if saved else ""
        judgement: Any = self.fields["judgement"]
        judgement.choices = list(tool.levels.items())
        judgement.label = self.name
        judgement.error_messages["invalid_choice"] = (
            f"{tool.name} has no judgement “%(value)s”; it has {', '.join(tool.levels.values())}."
        )
        self.fields["justification"].label = f"Reason for {self.name}"

    def clean(self) -> dict[str, Any]:
        """Refuse a reason without a judgement."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("justification") and not cleaned.get("judgement") and "judgement" not in self.errors:
            self.add_error("judgement", f"Choose a judgement for {self.name}, or clear the reason.")
        return cleaned

    @property
    def answer(self) -> Answer | None:
        """The answer that was given, None where there is none."""
        given = self.cleaned_data.get("judgement")
        return Answer(given, self.cleaned_data.get("justification", "")) if given else None


class Level(NamedTuple):
    """A judgement as the page shows it."""

    code: str
    name: str


class RiskOfBiasRows:
    """The forms of all domains, with what Django's admin asks of a set of rows.

    They are for judgements without signalling questions. What was answered question by question, submitted or settled
    is shown here and changed on the assessment's own page.
    """

    def __init__(self, page: StudyPage, data: Any = None) -> None:
        self.page, self.is_bound = page, data is not None
        self.assessment = self._saved_assessment()
        self.tool = self.assessment.definition if self.assessment else page.tool
        self.may_edit = page.may_edit and not self._has_page_of_its_own()
        saved = {row.domain: row for row in self.assessment.judgements.all()} if self.assessment else {}
        self.overall_saved = saved.get(OVERALL)
        self.forms = [
            JudgementForm(data, tool=self.tool, domain=domain, saved=saved.get(domain))
            for domain in (*self.tool.domains, OVERALL)
        ]
        self.new_objects: list[Any] = []
        self.changed_objects: list[Any] = []
        self.deleted_objects: list[Any] = []

    def _saved_assessment(self) -> Assessment | None:
        page = self.page
        if page.study.pk is None:
            return None
        rows = Assessment.objects.filter(study=page.study, outcome=None, tool=page.tool.code, review_tool=None)
        rows = rows.filter(readable_assessments(page.user))
        extraction = page.extraction
        return rows.filter(is_consensus=extraction.is_consensus, reviewer_id=extraction.reviewer_id).first()

    def _has_page_of_its_own(self) -> bool:
        row, page = self.assessment, self.page
        if row is not None and (row.is_closed or row.first_id is not None or row.answers.exists()):
            return True
        if not page.is_consensus or page.study.pk is None:
            return False
        return len(readers_of(Assessment(study=page.study, tool=self.tool.code))) > 1  # to be settled between them

    @cached_property
    def standing(self) -> Standing:
        """What the person may do."""
        return Standing(self.page.user)

    @cached_property
    def states(self) -> list[ResultState]:
        """Who has assessed what of the study."""
        return states_of(self.standing, self.page.study)

    @property
    def may_start(self) -> bool:
        """Whether the person may assess the study."""
        return self.page.study.pk is not None and self.standing.may(Act.RECORD, self.page.study.review_id)

    @property
    def may_adjudicate(self) -> bool:
        """Whether the person may enter the consensus."""
        return self.page.study.pk is not None and self.standing.may(Act.ADJUDICATE, self.page.study.review_id)

    def __iter__(self) -> Iterator[JudgementForm]:
        return iter(self.forms)

    @property
    def domains(self) -> list[JudgementForm]:
        """The forms of the domains."""
        return self.forms[:-1]

    @property
    def overall(self) -> JudgementForm:
        """The form of the overall judgement."""
        return self.forms[-1]

    @property
    def proposal(self) -> Level | None:
        """What the tool's rule gives for the domains as they are saved, None while one is not judged."""
        code = self.tool.propose_overall({form.domain: form.saved.judgement for form in self.domains if form.saved})
        return Level(code, self.tool.level_name(code)) if code else None

    @property
    def errors(self) -> list[Any]:
        """The sentences, form by form."""
        return [form.errors for form in self.forms]

    def non_form_errors(self) -> ErrorList:
        """Nothing is said about the set as a whole."""
        return ErrorList()

    def is_multipart(self) -> bool:
        """No files are sent."""
        return False

    def is_valid(self) -> bool:
        """Whether every answer is one of the tool's, and a departure from its rule has a reason."""
        if not self.may_edit:
            return True
        valid = not any(self.errors)
        if valid and (answer := self._overall_answer()):
            proposed = self.tool.propose_overall(self._given())
            if proposed and proposed != answer.judgement and not answer.justification:
                self.overall.add_error(
                    "justification",
                    f"The rule of {self.tool.name} gives “{self.tool.level_name(proposed)}” for these domains, not "
                    f"“{self.tool.level_name(answer.judgement)}”; say why the overall judgement departs from it.",
                )
                return False
        return valid

    def _given(self) -> dict[str, str]:
        return {form.domain: form.answer.judgement for form in self.domains if form.answer}

    def _overall_answer(self) -> Answer | None:
        """Give the overall answer, None where it is still the rule's own and shall follow the rule."""
        answer, saved = self.overall.answer, self.overall_saved
        if answer and saved and answer == (saved.judgement, saved.justification) and saved.proposed == saved.judgement:
            return None
        return answer

    def save(self, *, by: Any) -> None:
        """Record the answers that are new or changed."""
        if not self.may_edit:
            return
        answers = {form.domain: form.answer for form in self.domains if form.answer and form.has_changed()}
        overall = self._overall_answer()
        if overall is not None and self.overall.has_changed():
            answers[OVERALL] = overall
        if not answers:
            return
        with tied_to(self.overall.prefix):
            assessment = self.assessment or open_assessment(
                by=by, study=self.page.study, tool=self.tool.code, consensus=self.page.is_consensus
            )
            judge(by=by, assessment=assessment, answers=answers)
        self.changed_objects = []


def place_refusal(rows: RiskOfBiasRows, refusal: Any) -> None:
    """Show what the service refused at the overall judgement."""
    for form in rows.forms:
        if form.prefix == refusal.prefix:
            form.add_error(None, refusal.messages)
