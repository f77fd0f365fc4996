"""Every door that another reader's answers could stand open behind: lists, searches, pages, history, choices, files."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from analysis.services.agreement import Work
from evidence.admin.standing import holder_of
from evidence.models import Assessment, EvidenceRow, Extraction, Record, ScreeningDecision, Study
from tests.browser.whole_review.cast import Cast
from tests.browser.whole_review.people import Person
from tests.browser.whole_review.plan import MARKS

START = 4  # letters of a mark that are searched for: the box that shows what was searched for is then no find


def pry(cast: Cast, person: Person, reader: str, step: str, *, quickly: bool = False) -> None:
    """Let a person try the doors to what a reader has said at a step; nothing of it may show, and nothing may break.

    Quickly: the reader's rows by their guessed addresses, and the lists that they are in.
    """
    mark = MARKS[reader, step]
    account = getattr(cast, reader).account
    for kind, path in row_doors(account, mark) if quickly else doors(cast, account, mark):
        answer = person.asks(path)
        where = f"{person.name} tries the {step} of {reader.capitalize()} by {kind}, {path}"
        assert answer.status in (200, 403, 404), f"{where}, and gets {answer.status}."
        assert mark not in answer.text, f"{where}, and reads “{mark}”."
        if kind == "search":
            assert 'id="result_list"' not in answer.text, f"{where}, and finds something."


def is_open(person: Person, path: str, mark: str, step: str) -> None:
    """Let a person read what is theirs to read by now: a door that shows nothing to anybody would prove nothing."""
    answer = person.asks(path)
    assert answer.status == 200, f"{step}: {person.name} opens {path} and gets {answer.status}."
    assert mark in answer.text, f"{step}: {person.name} should find “{mark}” at {path}."


def doors(cast: Cast, reader: Any, mark: str) -> Iterator[tuple[str, str]]:
    """Give all doors, each with what kind it is."""
    term = mark[:START]
    for model, shown in admin.site._registry.items():
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        if model._meta.app_label != "evidence":
            continue
        yield "list", reverse(f"admin:{name}_changelist")
        if shown.search_fields:
            yield "search", reverse(f"admin:{name}_changelist") + f"?q={term}"
        for field in shown.autocomplete_fields:
            asked = f"app_label=evidence&model_name={model._meta.model_name}&field_name={field}&term={term}"
            yield "autocomplete", f"{reverse('admin:autocomplete')}?{asked}"
    yield from row_doors(reader, mark)
    yield from pages(cast, reader)


def row_doors(reader: Any, mark: str) -> Iterator[tuple[str, str]]:
    """Give the guessed addresses of a reader's rows, and searches for them in their lists."""
    searched = set()
    for row in rows_of(reader):
        name = f"admin:evidence_{row._meta.model_name}"
        for act in ("change", "history"):
            yield "guessed address", reverse(f"{name}_{act}", args=[row.pk])
        if name not in searched:
            searched.add(name)
            yield "search", reverse(f"{name}_changelist") + f"?q={mark[:START]}"


def pages(cast: Cast, reader: Any) -> Iterator[tuple[str, str]]:
    """Give the pages and files of the review in which something of a reader could show."""
    slug, at = cast.review.slug, cast.at
    for record in Record.objects.filter(decisions__decided_by=reader).distinct()[:3]:
        yield "page", at("evidence_screening_record", slug, record.pk)
    yield "page", at("evidence_screening_records", slug)
    yield "page", at("evidence_screening_board", slug)
    yield "page", at("evidence_extraction_board", slug)
    yield "page", at("evidence_progress", slug)
    yield "page", at("evidence_doubts", slug)
    yield "page", at("analysis_living", slug)
    yield "page", at("analysis_ledger", slug)
    for work in Work:
        yield "page", at("analysis_agreement_work", slug, work)
        yield "export", at("analysis_agreement_file", slug, work)
    for study in Study.objects.filter(review=cast.review):
        yield "page", at("evidence_study_change", study.pk)
        yield "page", at("evidence_compare", study.pk)
        yield "page", at("evidence_authorcontact_study", study.pk)
        yield "page", f"{at('evidence_review_as_of', cast.review.pk)}?study={study.pk}"
        yield "history", at("evidence_study_history", study.pk)
    for row in Extraction.objects.filter(reviewer=reader).select_related("study"):
        yield "guessed address", f"{at('evidence_study_change', row.study.pk)}?extraction={row.pk}"
    for row in Assessment.objects.filter(reviewer=reader):
        yield "guessed address", at("evidence_assessment_assess", row.pk)


def rows_of(reader: Any) -> Iterator[EvidenceRow]:
    """Give what a reader has said, of each kind the first and the last row; of decisions one with a note."""
    for model in apps.get_app_config("evidence").get_models():
        if model not in admin.site._registry:
            continue
        if model is ScreeningDecision:
            yield from model.objects.filter(decided_by=reader).exclude(note="")[:1]
        elif issubclass(model, EvidenceRow) and hasattr(model, "review_path"):
            own = [row for row in model.objects.order_by("pk") if getattr(holder_of(row), "reviewer", None) == reader]
            yield from {row.pk: row for row in (*own[:1], *own[-1:])}.values()
