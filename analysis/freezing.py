"""The evidence of a review at one moment, as canonical JSON: what every later step reads instead of the database.

Rows are named by what they are (study code, arm number, instrument, week), never by a database key, so that the same
evidence gives the same digest in every database. Numbers are texts, as entered.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from analysis import canonical
from evidence.models import (
    AdverseEvent,
    Arm,
    ArmResult,
    Assessment,
    Characteristic,
    ComponentType,
    ContrastResult,
    Extraction,
    FlowCount,
    Outcome,
    Review,
    Study,
)
from evidence.models.fields import trim
from evidence.permissions import readers_needed

FORMAT = 2
# Studies that are in memory at a time where a content is taken study by study.
STUDIES_AT_ONCE = 100
SOURCE_FIELDS = ("page", "table", "quote", "source_url", "note")
SHARED_FIELDS = ("time_as_printed", "value_kind", "sign", "is_adjusted", "is_printed_so")
ARM_NUMBERS = ("week", "mean", "sd", "se", "median", "q1", "q3", "minimum", "maximum", "percent")
ARM_COUNTS = ("n", "events", "total")
CONTRAST_NUMBERS = ("week", "estimate", "standard_error", "t_value", "p_value")
ADVERSE_COUNTS = ("events", "participants", "total", "related_events")
READERS = "AB"
CONTRAST_COUNTS = ("n_first", "n_second")
INTERVAL = ("ci_lower", "ci_upper", "ci_level")


def take_content(review: Review) -> dict[str, Any]:
    """Give the evidence of a review as plain data: its vocabulary, outcomes, extractions and flow of records.

    Completed extractions of single readers stand beside the consensus under letters, not under their names, once all
    that are needed are complete: before that nobody may read them. Answers that do not fit their question are left out.
    """
    needed = readers_needed(review)
    return {**take_vocabulary(review), "studies": {study.code: _study(study, needed) for study in _studies(review)}}


def take_studies(review: Review) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the studies of the content one by one by code, in the order of canonical text, few of them in memory."""
    needed, codes = readers_needed(review), list(Study.objects.filter(review=review).values_list("code", "pk"))
    codes.sort(key=lambda one: one[0].encode("utf-16-be"))
    for begin in range(0, len(codes), STUDIES_AT_ONCE):
        batch = codes[begin : begin + STUDIES_AT_ONCE]
        found = {study.pk: study for study in _studies(review).filter(pk__in=[pk for _, pk in batch])}
        for code, pk in batch:
            yield code, _study(found[pk], needed)


def take_vocabulary(review: Review) -> dict[str, Any]:
    """Give the content without the studies: the words of a review and its flow of records."""
    return {
        "format": FORMAT,
        "review": review.slug,
        "outcomes": {outcome.code: _outcome(outcome) for outcome in _outcomes(review)},
        "comparator_types": {word.code: word.name for word in review.comparatortype_set.all()},
        "component_types": {word.code: _component_type(word) for word in review.componenttype_set.all()},
        "characteristics": {
            field.code: {"name": field.name, "kind": field.kind, "unit": field.unit}
            for field in review.characteristic_fields.all()
            if not field.is_retired
        },
        "flow": [_flow_count(row) for row in _flow(review)],
    }


def _flow(review: Review) -> Any:
    rows = FlowCount.objects.filter(search_round__review=review).select_related("search_round")
    return rows.order_by("search_round__number", "box", "stage", "reason")


def _flow_count(row: FlowCount) -> dict[str, Any]:
    return {
        "search_round": row.search_round.number,
        "round_name": row.search_round.name,
        **{name: getattr(row, name) for name in ("box", "stage", "reason", "count")},
    }


def _outcomes(review: Review) -> Any:
    return Outcome.objects.filter(review=review).prefetch_related("windows", "instruments")


def _studies(review: Review) -> Any:
    consensus = "extractions"
    return (
        Study.objects.filter(review=review)
        .select_related("companion_of")
        .prefetch_related(
            "reports",
            consensus,
            f"{consensus}__reviewer",
            f"{consensus}__characteristics__field",
            f"{consensus}__adverse_events__arm",
            f"{consensus}__arms__comparator_type",
            f"{consensus}__arms__components__type",
            f"{consensus}__arms__results__instrument__outcome",
            f"{consensus}__arms__results__settlement",
            f"{consensus}__contrasts__instrument__outcome",
            f"{consensus}__contrasts__first_arm",
            f"{consensus}__contrasts__second_arm",
            f"{consensus}__contrasts__settlement",
            "assessments__judgements",
            "assessments__outcome",
            "assessments__review_tool",
        )
    )


def number(value: Decimal | None) -> str | None:
    """Give a number as text, in plain notation, as entered."""
    return None if value is None else format(trim(value), "f")


def _outcome(outcome: Outcome) -> dict[str, Any]:
    numbers = ("scale_min", "scale_max", "mcid_between", "mcid_within")
    return {
        "name": outcome.name,
        "direction": outcome.direction,
        "unit": outcome.unit,
        **{name: number(getattr(outcome, name)) for name in numbers},
        "windows": {
            window.code: {
                "name": window.name,
                **{name: number(getattr(window, name)) for name in ("target_week", "from_week", "to_week")},
            }
            for window in outcome.windows.all()
        },
        "instruments": {
            instrument.code: {
                "name": instrument.name,
                "kind": instrument.kind,
                "direction": instrument.direction,
                "scale_min": number(instrument.scale_min),
                "scale_max": number(instrument.scale_max),
            }
            for instrument in outcome.instruments.all()
        },
    }


def _component_type(word: ComponentType) -> dict[str, str]:
    return {"family": word.family, "name": word.name}


def _study(study: Study, needed: int) -> dict[str, Any]:
    consensus = next((row for row in study.extractions.all() if row.is_consensus), None)
    complete = [row for row in study.extractions.all() if row.reviewer and row.status == Extraction.Status.COMPLETE]
    readings = sorted(complete, key=lambda row: str(row.reviewer)) if len(complete) >= needed else []
    return {
        "label": study.label,
        "year": study.year,
        "design": study.design,
        "registration": study.registration,
        "companion_of": study.companion_of.code if study.companion_of else None,
        "reports": _ordered(
            [
                {"citation": report.citation, "doi": report.doi, "pmid": report.pmid, "url": report.url}
                for report in study.reports.all()
            ]
        ),
        "extraction": None if consensus is None else _extraction(consensus),
        "readings": {letter: _extraction(row) for letter, row in zip(READERS, readings, strict=False)},
        "assessments": _ordered([_assessment(row) for row in study.assessments.all() if row.is_consensus]),
    }


def _extraction(extraction: Extraction) -> dict[str, Any]:
    return {
        "status": extraction.status,
        "characteristics": {
            row.field.code: _characteristic(row) for row in extraction.characteristics.all() if not row.misfit
        },
        "arms": [_arm(arm) for arm in sorted(extraction.arms.all(), key=lambda arm: arm.number)],
        "contrasts": _ordered([_contrast(row) for row in extraction.contrasts.all()]),
        "adverse_events": _ordered([_adverse_event(row) for row in extraction.adverse_events.all()]),
    }


def _adverse_event(row: AdverseEvent) -> dict[str, Any]:
    return {
        "arm": row.arm.number if row.arm else None,
        **{name: getattr(row, name) for name in ("term", "seriousness", *ADVERSE_COUNTS)},
        **_source(row),
    }


def _ordered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give rows in an order that does not depend on when they were entered."""
    return sorted(rows, key=canonical.to_text)


def _source(row: Any) -> dict[str, str]:
    return {name: getattr(row, name) for name in SOURCE_FIELDS}


def _characteristic(row: Characteristic) -> dict[str, Any]:
    value = number(row.number) if row.number is not None else row.text or row.flag
    return {"value": value, **_source(row)}


def _arm(arm: Arm) -> dict[str, Any]:
    components = [
        {
            "type": component.type.code,
            **{name: number(getattr(component, name)) for name in ("weeks", "sessions_per_week", "minutes")},
        }
        for component in arm.components.all()
    ]
    return {
        "number": arm.number,
        "label": arm.label,
        "role": arm.role,
        "comparator_type": arm.comparator_type.code if arm.comparator_type else None,
        "n_randomised": arm.n_randomised,
        "components": _ordered(components),
        "results": _ordered([_arm_result(row) for row in arm.results.all()]),
        **_source(arm),
    }


def _arm_result(row: ArmResult) -> dict[str, Any]:
    return {
        **_printed(row),
        **{name: number(getattr(row, name)) for name in ARM_NUMBERS},
        **{name: getattr(row, name) for name in ARM_COUNTS},
    }


def _contrast(row: ContrastResult) -> dict[str, Any]:
    return {
        "first_arm": row.first_arm.number,
        "second_arm": row.second_arm.number,
        "measure": row.measure,
        "measure_as_printed": row.measure_as_printed,
        "p_relation": row.p_relation,
        **_printed(row),
        **{name: number(getattr(row, name)) for name in CONTRAST_NUMBERS},
        **{name: getattr(row, name) for name in CONTRAST_COUNTS},
    }


def _printed(row: ArmResult | ContrastResult) -> dict[str, Any]:
    settlement = getattr(row, "settlement", None)
    return {
        "outcome": row.instrument.outcome.code,
        "instrument": row.instrument.code,
        **{name: number(getattr(row, name)) for name in INTERVAL},
        **{name: getattr(row, name) for name in SHARED_FIELDS},
        "contradictions": row.contradictions() if row.is_printed_so else [],
        "settlement": None
        if settlement is None
        else {
            **{name: number(getattr(settlement, name)) for name in ("value", "ci_lower", "ci_upper")},
            "reason": settlement.reason,
        },
        **_source(row),
    }


def _assessment(assessment: Assessment) -> dict[str, Any]:
    return {
        "tool": assessment.tool,
        "tool_version": assessment.tool_version,
        "levels": list(assessment.definition.levels),
        "outcome": assessment.outcome.code if assessment.outcome else None,
        "judgements": {
            row.domain: {"judgement": row.judgement, "justification": row.justification}
            for row in assessment.judgements.all()
        },
    }
