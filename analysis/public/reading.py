"""What the public page shows: what is stored with the snapshot, and the rating that stood when it was published."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import mark_safe

from analysis.figures.text import number, ratio
from analysis.forests import Forest, forest_of, usual_columns
from analysis.models import DOMAINS, Certainty
from analysis.models.certainty import RATE_UPS
from analysis.public.finding import Published
from analysis.reading import Reading

LEVELS_DOWN = ("not serious", "serious", "very serious")
LEVELS_UP = ("no", "one level up", "two levels up")


@dataclass(frozen=True, slots=True)
class Certain:
    """The certainty as published: its level, why, and what was rated of each domain with the reasons."""

    level: str
    label: str
    justification: str
    domains: list[dict[str, str]]


def page_of(published: Published) -> dict[str, Any]:
    """Give what the page shows of a published snapshot."""
    reading = Reading(published.snapshot)
    forest = published_forest(published, reading)
    return {
        "reading": reading,
        "pooling": reading.pooling,
        "is_ratio": reading.is_ratio,
        "forest": mark_safe(forest.svg) if forest else "",  # the renderer escapes every text that it is given  # noqa: S308
        "studies": studies_of(reading),
        "not_pooled": not_pooled_of(reading),
        "certain": certainty_of(published, reading),
        "says": words_of(reading),
    }


def published_forest(published: Published, reading: Reading) -> Forest | None:
    """Give the forest plot with the columns that the analysis had when the snapshot was published."""
    return forest_of(reading, published.analysis.forest_columns or usual_columns())


def studies_of(reading: Reading) -> list[dict[str, Any]]:
    """Give the pooled effects in the order of the dataset, each with what the study's reports are cited as."""
    pooled = {row["effect"]: row for row in reading.pooling.get("studies", ())}
    return [
        {
            "label": effect["label"],
            "n1": effect["n1"],
            "n2": effect["n2"],
            "comparator": effect["comparator"],
            "pooled": pooled.get(effect["id"], {"estimate": effect["yi"]}),
            "reports": reports_of(reading, effect["study"]),
        }
        for effect in reading.dataset["effects"]
    ]


def reports_of(reading: Reading, study: str) -> list[dict[str, str]]:
    """Give the reports of a study as they were frozen; those of a study that was merged with another are its own."""
    rows: list[dict[str, str]] = reading.frozen["studies"].get(study, {}).get("reports", [])
    return rows


def not_pooled_of(reading: Reading) -> list[dict[str, Any]]:
    """Give the studies that are not pooled by the sentence that says why."""
    groups: dict[str, list[str]] = defaultdict(list)
    for row in reading.dataset["not_pooled"]:
        groups[row["reason"]].append(row["label"])
    return [{"reason": reason, "labels": sorted(set(labels))} for reason, labels in sorted(groups.items())]


def certainty_of(published: Published, reading: Reading) -> Certain | None:
    """Give the latest rating of the snapshot's own results that was there when it was published."""
    if "grade" not in reading.runs:
        return None
    rows = Certainty.objects.filter(analysis=published.snapshot.analysis_id, run=reading.runs["grade"])
    rating = rows.filter(rated_at__lte=published.publication.published_at).order_by("-rated_at", "-pk").first()
    if rating is None:
        return None
    proposed = {row["name"]: row for row in (*reading.grade.get("domains", ()), *reading.grade.get("rate_ups", ()))}
    domains = []
    for name, title in (DOMAINS | {name: title for name, (title, _) in RATE_UPS.items()}).items():
        level = rating.levels[name]
        if name in RATE_UPS and not level:
            continue
        departure = rating.departures.get(name, {}).get("justification", "")
        why = departure or " ".join(proposed.get(name, {}).get("reasons", ()))
        domains.append({"title": title, "says": (LEVELS_DOWN if name in DOMAINS else LEVELS_UP)[level], "why": why})
    return Certain(rating.level, rating.get_level_display(), rating.justification, domains)


def words_of(reading: Reading) -> str:
    """Give the result in one sentence of plain text, for where there is no page: link previews and citations."""
    pooling = reading.pooling
    if pooling.get("estimate") is None:
        return "No result is pooled."
    shown = ratio if reading.is_ratio else lambda value: number(value, decimals=2)
    said = f"{reading.study_count} trial{'' if reading.study_count == 1 else 's'}, {reading.measure_name} "
    said += shown(pooling["estimate"]) + (f" {reading.unit}" if reading.unit else "")
    if pooling.get("ci_lower") is None:
        return f"{said}."
    level = f"{100 * pooling['level']:.6g}%"
    return f"{said} ({level} CI {shown(pooling['ci_lower'])} to {shown(pooling['ci_upper'])})."
