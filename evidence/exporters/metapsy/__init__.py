"""The agreed evidence of a review in the Metapsy data standard: semicolons, decimal commas, NA for what is absent."""

from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.db.models import Prefetch

from evidence.exporters.asking import Export, Order
from evidence.exporters.metapsy.columns import ABSENT, ROB1, ROB1_WORDS, ROB2, STANDARD, column_of
from evidence.exporters.metapsy.rows import cells_of, comparisons_of, number
from evidence.exporters.tables import csv_parts
from evidence.models import Arm, ArmResult, Assessment, Characteristic, CharacteristicField, ContrastResult, Extraction
from evidence.permissions import Act, require
from evidence.tools import get_tool

NOTHING = "The review has no agreed results yet."
STUDIES_AT_ONCE = 100


def write(order: Order) -> Iterator[bytes]:
    """Give the file part by part."""
    require(order.by, Act.VIEW, order.review)
    agreed = Extraction.objects.filter(study__review=order.review, is_consensus=True)
    results = ArmResult.objects.filter(arm__extraction__in=agreed)
    if not results.exists() and not ContrastResult.objects.filter(extraction__in=agreed).exists():
        raise ValidationError(NOTHING)
    return csv_parts(_rows(order), separator=";", decimal=",")


def _rows(order: Order) -> Iterator[list[str]]:
    asked = CharacteristicField.objects.filter(review=order.review, is_retired=False).order_by("position", "code")
    fields = {field.pk: column_of(field) for field in asked}
    judged = Assessment.objects.filter(study__review=order.review, is_consensus=True, outcome__isnull=True)
    judged = judged.filter(review_tool__isnull=True)
    tools = set(judged.values_list("tool", flat=True).distinct())
    bias = [*(ROB1.values() if "rob1" in tools else ()), *(ROB2.values() if "rob2" in tools else ())]
    columns = list(dict.fromkeys([*STANDARD, *fields.values(), *bias]))
    yield columns
    for extraction in _extractions(order):
        shared = _of_study(extraction, fields)
        conditions = {arm.pk: _condition(arm) for arm in extraction.arms.all()}
        for one in comparisons_of(extraction):
            cells = {**shared, **cells_of(one, conditions)}
            yield [_plain(cells.get(column, ABSENT)) for column in columns]


def _extractions(order: Order) -> Iterator[Extraction]:
    """Give the agreed extractions with everything that their rows need, in the order of the studies' codes."""
    results = ArmResult.objects.select_related("instrument__outcome").order_by("pk")
    arms = Arm.objects.select_related("comparator_type").prefetch_related(
        Prefetch("results", queryset=results), "components__type"
    )
    contrasts = ContrastResult.objects.select_related("instrument__outcome").order_by("pk")
    assessments = Assessment.objects.filter(is_consensus=True, outcome__isnull=True, review_tool__isnull=True)
    agreed = Extraction.objects.filter(study__review=order.review, is_consensus=True).select_related("study")
    agreed = agreed.prefetch_related(
        Prefetch("arms", queryset=arms),
        Prefetch("contrasts", queryset=contrasts),
        Prefetch("characteristics", queryset=Characteristic.objects.select_related("field")),
        "study__reports",
        Prefetch("study__assessments", queryset=assessments.prefetch_related("judgements")),
    )
    return agreed.order_by("study__code").iterator(chunk_size=STUDIES_AT_ONCE)


def _condition(arm: Arm) -> str:
    """Give the word for what an arm received: the codes of its components, or of its kind of comparator."""
    if arm.comparator_type is not None:
        return arm.comparator_type.code
    codes = sorted(component.type.code for component in arm.components.all())
    return "+".join(codes) or "experimental"


def _of_study(extraction: Extraction, fields: dict[int, str]) -> dict[str, str]:
    study = extraction.study
    reports = sorted(study.reports.all(), key=lambda report: (not report.is_primary, report.pk))
    cells = {"study": study.label, "year": number(study.year)}
    if reports:
        cells |= {"full_ref": reports[0].citation, "doi": reports[0].doi or ABSENT}
    for one in extraction.characteristics.all():
        if one.field_id in fields:
            cells[fields[one.field_id]] = _value(one)
    for assessment in study.assessments.all():
        said = {row.domain: row.judgement for row in assessment.judgements.all()}
        if assessment.tool == "rob1":
            cells |= {ROB1[domain]: ROB1_WORDS[level] for domain, level in said.items() if domain in ROB1}
        elif assessment.tool == "rob2":
            names = get_tool("rob2")
            cells |= {ROB2[domain]: names.level_name(level) for domain, level in said.items() if domain in ROB2}
    return cells


def _value(one: Characteristic) -> str:
    if one.number is not None:
        return number(one.number)
    return one.text or ("y" if one.flag else "n")


def _plain(text: str) -> str:
    """Give a text without line breaks and semicolons, which the standard does not allow."""
    return " ".join(text.replace(";", ",").split()) or ABSENT


EXPORTS = (
    Export(
        code="metapsy",
        title="Metapsy data standard",
        help="Agreed results, one row a comparison, instrument and time, with moderators and risk of bias.",
        ending=".csv",
        content_type="text/csv; charset=utf-8",
        write=write,
    ),
)
