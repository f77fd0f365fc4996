"""Versions of a form: what a new one does to answers, before and after it is published."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from analysis.freezing import take_content
from evidence import services
from evidence.models import Characteristic, CharacteristicField, ExtractionForm, FormDraft
from evidence.models.append_only import AppendOnly
from evidence.permissions import NotAllowed
from evidence.questionnaire import Answer, Fate, Question, convert, fate_of, from_text, misfit, preview, to_text
from evidence.services.forming import preview_draft, questions_of, with_versions
from tests import factories as make
from tests.evidence.extraction.trial import Trial, make_trial, read_as

AGE = Question("age", "Mean age", "number", unit="years", minimum=Decimal(0), maximum=Decimal(100))
WORDS = Question("setting", "Setting", "text")
CHOICE = Question("setting", "Setting", "choice", choices=("Primary care", "Hospital"))
FLAG = Question("blind", "Blinded", "flag")

# What fits and what is converted --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "answer", "fate", "becomes"),
    [
        (AGE, Answer(number=Decimal(45)), Fate.FITS, None),
        (AGE, Answer(number=Decimal(145)), Fate.KEPT_ASIDE, None),
        (AGE, Answer(text="45.5"), Fate.CONVERTED, Answer(number=Decimal("45.5"))),
        (AGE, Answer(text="about 45"), Fate.KEPT_ASIDE, None),
        (AGE, Answer(flag=True), Fate.KEPT_ASIDE, None),
        (CHOICE, Answer(text="Hospital"), Fate.FITS, None),
        (CHOICE, Answer(text="primary care "), Fate.CONVERTED, Answer(text="Primary care")),
        (CHOICE, Answer(text="at home"), Fate.KEPT_ASIDE, None),
        (CHOICE, Answer(number=Decimal(2)), Fate.KEPT_ASIDE, None),
        (WORDS, Answer(number=Decimal("45.50")), Fate.CONVERTED, Answer(text="45.5")),
        (WORDS, Answer(flag=False), Fate.CONVERTED, Answer(text="no")),
        (FLAG, Answer(text="Yes"), Fate.CONVERTED, Answer(flag=True)),
        (FLAG, Answer(number=Decimal(0)), Fate.CONVERTED, Answer(flag=False)),
        (FLAG, Answer(text="partly"), Fate.KEPT_ASIDE, None),
        (None, Answer(text="x"), Fate.KEPT_ASIDE, None),
    ],
)
def test_answer_fits_is_converted_or_is_kept_aside(question, answer, fate, becomes):
    fated = fate_of(question, answer)
    assert (fated.fate, fated.becomes) == (fate, becomes)
    assert bool(fated.why) == (fate == Fate.KEPT_ASIDE)


ANSWERS = st.one_of(
    st.decimals(-200, 200, places=2).map(lambda number: Answer(number=number)),
    st.text("yesno 4.primary", min_size=1, max_size=12).map(lambda text: Answer(text=text)),
    st.booleans().map(lambda flag: Answer(flag=flag)),
)


@given(st.sampled_from((AGE, WORDS, CHOICE, FLAG)), ANSWERS)
def test_what_is_converted_fits_and_stays_when_converted_again(question, answer):
    made = convert(question, answer)
    if made is not None:
        assert misfit(question, made) is None
        assert convert(question, made) == made


@given(st.permutations([AGE, WORDS, FLAG]))
def test_definition_is_the_same_text_in_any_order_and_can_be_read_back(questions):
    assert to_text(questions) == to_text([AGE, WORDS, FLAG])
    assert set(from_text(to_text(questions))) == set(questions)


def test_preview_counts_by_question():
    old, new = [AGE, WORDS], [Question(**{**_fields(AGE), "maximum": Decimal(60)}), CHOICE, FLAG]
    new = [new[0], new[2], new[1]]
    answers = {
        "age": [Answer(number=Decimal(number)) for number in (40, 61, 62)],
        "setting": [Answer(text=text) for text in ("Hospital", "hospital", "at home")],
    }
    said = {
        change.code: (str(change.change), change.fitting, change.converted, change.kept_aside)
        for change in preview(old, new, answers)
    }
    assert said == {
        "age": ("changed", 1, 0, 2),
        "setting": ("changed", 1, 1, 1),
        "blind": ("added", 0, 0, 0),
    }
    removed = preview(old, [AGE], answers)[-1]
    assert (str(removed.change), removed.kept_aside) == ("removed", 3)


def _fields(question: Question) -> dict[str, object]:
    return {name: getattr(question, name) for name in Question.__slots__}


# In the database ------------------------------------------------------------------------------------------------------


@pytest.fixture
def trial(db) -> Trial:
    return make_trial()


def draft(trial: Trial, *questions: Question) -> FormDraft:
    return services.save_draft(by=trial.owner, review=trial.review, questions=questions)


def as_text(trial: Trial) -> Question:
    return Question("setting", "Setting", "text")


def test_extraction_names_the_version_that_it_was_begun_with(trial):
    first = services.open_extraction(by=trial.anna, study=trial.study)
    assert (first.form.number, first.form.note) == (1, "As the questions were found.")
    assert from_text(first.form.definition) == questions_of(trial.review)
    draft(trial, trial.age.question)
    services.publish_form(by=trial.owner, review=trial.review, note="Setting is not needed.")
    assert services.open_extraction(by=trial.ben, study=trial.study).form.number == 2
    assert services.open_extraction(by=trial.anna, study=trial.study).form.number == 1


def test_questions_that_an_import_changed_are_a_version_too(trial):
    services.open_extraction(by=trial.anna, study=trial.study)
    trial.age.maximum = 60
    services.record(by=trial.owner, row=trial.age)
    form = services.open_extraction(by=trial.ben, study=trial.study).form
    assert (form.number, form.note) == (2, "As the questions were changed outside the form.")


def test_draft_changes_nothing_before_it_is_published(trial):
    read_as(trial, trial.anna)
    draft(trial, Question("age", "Mean age", "text"))
    assert {field.code: field.kind for field in CharacteristicField.objects.filter(is_retired=False)} == {
        "age": "number",
        "setting": "choice",
    }
    changes = {change.code: (str(change.change), change.converted, change.kept_aside) for change in _preview(trial)}
    assert changes == {"age": ("changed", 1, 0), "setting": ("removed", 0, 1)}


def _preview(trial: Trial):
    return preview_draft(trial.review)


def test_publishing_converts_keeps_aside_and_deletes_nothing(trial):
    read_as(trial, trial.anna, age="61", setting="Hospital")
    read_as(trial, trial.ben, age="44")
    narrow = Question(**{**_fields(trial.age.question), "maximum": Decimal(60)})
    renamed = Question("setting", "Setting", "choice", choices=("hospital", "Home"))
    draft(trial, narrow, renamed)
    before = Characteristic.objects.count()
    form = services.publish_form(by=trial.owner, review=trial.review, note="Protocol 2")
    assert Characteristic.objects.count() == before
    rows = {
        (str(row.extraction.reviewer), row.field.code): (str(row.value), bool(row.misfit), row.answered_version)
        for row in with_versions(Characteristic.objects.select_related("field", "extraction__reviewer"))
    }
    assert rows == {
        (str(trial.anna), "age"): ("61", True, 1),
        (str(trial.anna), "setting"): ("hospital", False, 2),
        (str(trial.ben), "age"): ("44", False, 1),
        (str(trial.ben), "setting"): ("Primary care", True, 1),
    }
    entry = Characteristic.history.filter(text="hospital").get()
    assert entry.history_change_reason == "version 2 of the form: converted from “Hospital”"
    assert entry.history_user == trial.owner
    assert (form.number, form.published_by) == (2, trial.owner)
    assert not FormDraft.objects.exists()
    assert FormDraft.history.filter(history_type="-").get().history_change_reason == "published as version 2"


def test_publishing_is_all_or_nothing(trial, monkeypatch):
    read_as(trial, trial.anna, setting="Hospital")
    draft(trial, Question("setting", "Setting", "choice", choices=("hospital",)))

    def broken(self):
        raise ValidationError("The row is broken.")

    monkeypatch.setattr(Characteristic, "clean", broken)
    with pytest.raises(ValidationError, match="The row is broken"):
        services.publish_form(by=trial.owner, review=trial.review, note="Protocol 2")
    assert CharacteristicField.objects.get(code="setting").choice_list == ["Primary care", "Hospital"]
    assert ExtractionForm.objects.filter(review=trial.review).count() == 1
    assert FormDraft.objects.exists()


def test_question_is_retired_and_comes_back_with_its_answers(trial):
    read_as(trial, trial.anna)
    setting = trial.setting.question
    draft(trial, trial.age.question)
    services.publish_form(by=trial.owner, review=trial.review, note="Not needed.")
    row = Characteristic.objects.get(field=trial.setting)
    assert (row.text, row.misfit) == ("Primary care", "Setting is not asked any more.")
    draft(trial, trial.age.question, setting)
    services.publish_form(by=trial.owner, review=trial.review, note="Needed after all.")
    assert Characteristic.objects.get(field=trial.setting).misfit == ""


def test_analyses_do_not_read_what_is_kept_aside(trial):
    consensus = services.open_extraction(by=trial.cara, study=trial.study, consensus=True)
    make.make_characteristic(consensus, trial.age, number=61)
    make.make_characteristic(consensus, trial.setting, text="Hospital")

    def frozen():
        content = take_content(trial.review)
        return set(content["characteristics"]), set(content["studies"]["Aasa_2015"]["extraction"]["characteristics"])

    assert frozen() == ({"age", "setting"}, {"age", "setting"})
    draft(trial, Question(**{**_fields(trial.age.question), "maximum": Decimal(60)}))
    services.publish_form(by=trial.owner, review=trial.review, note="Protocol 2")
    assert frozen() == ({"age"}, set())


def test_form_is_the_owners(trial):
    for person in (trial.anna, trial.cara):
        with pytest.raises(NotAllowed):
            services.save_draft(by=person, review=trial.review, questions=[AGE])
        with pytest.raises(NotAllowed):
            services.publish_form(by=person, review=trial.review, note="x")


@pytest.mark.parametrize(
    ("questions", "sentence"),
    [
        ([Question("age", "Mean age", "number", minimum=Decimal(9), maximum=Decimal(1))], "Mean age, maximum: The max"),
        ([Question("s", "Setting", "choice")], "Setting, choices: A characteristic that is one of a list needs"),
        ([Question("s", "Setting", "text"), Question("s", "Place", "text")], "Two questions have the short name “s”."),
    ],
)
def test_question_that_breaks_a_rule_is_named(trial, questions, sentence):
    with pytest.raises(ValidationError, match=sentence):
        services.save_draft(by=trial.owner, review=trial.review, questions=questions)
    assert not FormDraft.objects.exists()


def test_publishing_needs_a_change_and_a_note(trial):
    draft(trial, *questions_of(trial.review))
    with pytest.raises(ValidationError, match="there is nothing to publish"):
        services.publish_form(by=trial.owner, review=trial.review, note="x")
    with pytest.raises(ValidationError, match="Say what was changed"):
        services.publish_form(by=trial.owner, review=trial.review, note=" ")
    services.discard_draft(by=trial.owner, review=trial.review)
    with pytest.raises(ValidationError, match="There is no draft"):
        services.publish_form(by=trial.owner, review=trial.review, note="x")


def test_versions_cannot_be_changed_or_numbered_twice(trial):
    form = make.make_extraction_form(trial.review)
    with pytest.raises(AppendOnly):
        form.save()
    with pytest.raises(AppendOnly):
        form.delete()
    with pytest.raises(ValidationError, match="already has a version of the form with this number"):
        make.make_extraction_form(trial.review, number=form.number)
    twin = ExtractionForm(
        review=trial.review,
        number=form.number,
        definition="[]",
        published_at=form.published_at,
        published_by=trial.owner,
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        ExtractionForm.objects.bulk_create([twin])
