"""Versions of a review's form: drafting the next one, seeing what it does to answers, publishing it."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from evidence.models import Characteristic, CharacteristicField, ExtractionForm, FormDraft, Review
from evidence.permissions import Act, require
from evidence.questionnaire import Answer, Fate, Question, QuestionChange, fate_of, from_text, preview, to_text
from evidence.services.recording import keep, record, remove


def questions_of(review: Review) -> list[Question]:
    """Give what the review asks of every study now."""
    fields = CharacteristicField.objects.filter(review=review, is_retired=False).order_by("position", "name", "code")
    return [field.question for field in fields]


def with_versions(answers: Any) -> Any:
    """Give answers with `answered_version`: the version of the form in force when each was last entered."""
    last = Characteristic.history.filter(id=OuterRef("pk")).order_by("-history_date").values("history_date")[:1]
    forms = ExtractionForm.objects.filter(review=OuterRef("field__review"), published_at__lte=OuterRef("answered_at"))
    return answers.annotate(answered_at=Subquery(last)).annotate(
        answered_version=Subquery(forms.order_by("-number").values("number")[:1])
    )


def form_in_force(*, by: User, review: Review) -> ExtractionForm:
    """Give the version of the form that the review extracts with now.

    Where the questions were set otherwise (an import, a first question), what is asked becomes a version by itself.
    """
    definition = to_text(questions_of(review))
    latest = _latest(review)
    if latest is None or latest.definition != definition:
        Review.objects.select_for_update().get(pk=review.pk)
        latest = _latest(review)
    if latest is not None and latest.definition == definition:
        return latest
    note = "As the questions were found." if latest is None else "As the questions were changed outside the form."
    return _add_version(by, review, definition, note)


def _latest(review: Review) -> ExtractionForm | None:
    found: ExtractionForm | None = ExtractionForm.objects.filter(review=review).order_by("-number").first()
    return found


def _add_version(by: User, review: Review, definition: str, note: str) -> ExtractionForm:
    latest = _latest(review)
    form = ExtractionForm(
        review=review,
        number=latest.number + 1 if latest else 1,
        definition=definition,
        note=note,
        published_at=timezone.now(),
        published_by=by,
    )
    form.full_clean()
    form.save()
    return form


@transaction.atomic
def save_draft(*, by: User, review: Review, questions: Iterable[Question]) -> FormDraft:
    """Keep what the next version of the form is to ask; nothing changes for anybody before it is published.

    Raises
    ------
    NotAllowed : the person does not manage the review
    ValidationError : a question breaks a rule, or two have the same short name; sentences name the question
    """
    require(by, Act.MANAGE, review)
    asked = list(questions)
    sentences = [sentence for question in asked for sentence in _wrong(review, question)]
    codes = [question.code for question in asked]
    sentences += [
        f"Two questions have the short name “{code}”." for code in dict.fromkeys(codes) if codes.count(code) > 1
    ]
    if sentences:
        raise ValidationError(sentences)
    draft = FormDraft.objects.select_for_update().filter(review=review).first() or FormDraft(review=review)
    draft.definition = to_text(asked)
    return record(by=by, row=draft)


def _wrong(review: Review, question: Question) -> list[str]:
    """Give the rules that a question breaks."""
    field = CharacteristicField(review=review, **_columns(question))
    try:
        field.full_clean(exclude=["review"], validate_unique=False, validate_constraints=False)
        field.validate_constraints(exclude=["review", "code"])
    except ValidationError as error:
        name = question.name or question.code or "A question without a name"
        found = error.message_dict.items()
        return [f"{name}, {_label(column)}: {sentence}" for column, sentences in found for sentence in sentences]
    return []


def _label(column: str) -> str:
    try:
        return str(getattr(CharacteristicField._meta.get_field(column), "verbose_name", column))
    except LookupError:
        return "as a whole"


def _columns(question: Question) -> dict[str, Any]:
    """Give a question as the columns of its row."""
    names = ("code", "name", "kind", "unit", "help", "minimum", "maximum", "position")
    return {**{name: getattr(question, name) for name in names}, "choices": "\n".join(question.choices)}


@transaction.atomic
def discard_draft(*, by: User, review: Review) -> None:
    """Give up the draft; its history stays."""
    draft = FormDraft.objects.filter(review=review).first()
    if draft is not None:
        remove(by=by, row=draft, reason="discarded")


def preview_draft(review: Review) -> list[QuestionChange]:
    """Give what publishing the draft would do to each question and to the answers that there are."""
    draft = FormDraft.objects.filter(review=review).first()
    asked = questions_of(review)
    answers: dict[str, list[Answer]] = {}
    for row in _answers(review):
        answers.setdefault(row.field.code, []).append(row.answer)
    return preview(asked, from_text(draft.definition) if draft else asked, answers)


def _answers(review: Review) -> Any:
    rows = Characteristic.objects.filter(extraction__study__review=review)
    return rows.select_related("field", "extraction__study__review", "extraction__reviewer").order_by("pk")


@transaction.atomic
def publish_form(*, by: User, review: Review, note: str) -> ExtractionForm:
    """Make the draft the form in force: questions, conversions of answers and the version, all or nothing.

    Answers that no longer fit stay as they are and are kept aside; none is deleted, and the history keeps what
    converted ones were.

    Raises
    ------
    NotAllowed : the person does not manage the review
    ValidationError : there is no draft, it changes nothing, or there is no note
    """
    require(by, Act.MANAGE, review)
    if not note.strip():
        raise ValidationError("Say what was changed, and why.")
    Review.objects.select_for_update().get(pk=review.pk)
    draft = FormDraft.objects.filter(review=review).first()
    if draft is None:
        raise ValidationError("There is no draft to publish; somebody else may have published or discarded it.")
    if draft.definition == to_text(questions_of(review)):
        raise ValidationError("The draft asks what is asked already; there is nothing to publish.")
    form_in_force(by=by, review=review)
    asked = {question.code: question for question in from_text(draft.definition)}
    form = _add_version(by, review, draft.definition, note)
    reason = f"version {form.number} of the form"
    _set_questions(by, review, asked, reason)
    _convert_answers(by, review, asked, reason)
    remove(by=by, row=draft, reason=f"published as version {form.number}")
    return form


def _set_questions(by: User, review: Review, asked: dict[str, Question], reason: str) -> None:
    """Make the questions those of the new version; what is not asked any more is retired, never deleted."""
    stored = {field.code: field for field in CharacteristicField.objects.filter(review=review)}
    for code, question in asked.items():
        field = stored.get(code) or CharacteristicField(review=review)
        before = (field.pk, field.is_retired, field.question if field.pk else None)
        for name, value in _columns(question).items():
            setattr(field, name, value)
        field.is_retired = False
        if before != (field.pk, False, question):
            record(by=by, row=field, reason=reason)
    for code, field in stored.items():
        if code not in asked and not field.is_retired:
            field.is_retired = True
            record(by=by, row=field, reason=reason)


def _convert_answers(by: User, review: Review, asked: dict[str, Question], reason: str) -> None:
    """Write answers as the new questions want them, where that needs no guess; leave all others as they are."""
    for row in _answers(review):
        fated = fate_of(asked.get(row.field.code), row.answer)
        if fated.fate == Fate.CONVERTED and fated.becomes is not None:
            row.number, row.text, row.flag = fated.becomes.number, fated.becomes.text, fated.becomes.flag
            keep(by=by, row=row, reason=f"{reason}: converted from “{fated.answer}”"[:100])
