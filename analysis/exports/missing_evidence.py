"""Why an analysis has nothing to pool: which evidence is missing, in sentences."""

from collections.abc import Mapping
from typing import Any

NO_STUDY = "The review has no study with these comparators."
MOST_NAMES = 6


def why_nothing(dataset: Mapping[str, Any]) -> tuple[str, ...]:
    """Give one sentence for each reason why studies are not pooled, the most frequent first."""
    groups: dict[str, dict[str, str]] = {}
    reasons: dict[str, set[str]] = {}
    for row in dataset["not_pooled"]:
        groups.setdefault(row["code"], {})[row["study"]] = row["label"]
        reasons.setdefault(row["code"], set()).add(row["reason"])
    if not groups:
        return (NO_STUDY,)
    ordered = sorted(groups.items(), key=lambda item: -len(item[1]))
    return tuple(_sentence(_reason(code, reasons[code]), list(studies.values())) for code, studies in ordered)


def _reason(code: str, said: set[str]) -> str:
    """Give the reason that all studies share, otherwise what its code says."""
    reason = said.pop() if len(said) == 1 else code.replace("_", " ").capitalize()
    return reason.rstrip(".")


def _sentence(reason: str, labels: list[str]) -> str:
    """Give a reason with how many studies it is about, and their names as far as there is room."""
    named = ", ".join(labels[:MOST_NAMES]) + (" and others" if len(labels) > MOST_NAMES else "")
    return f"{reason}: {len(labels)} {'study' if len(labels) == 1 else 'studies'} ({named})."
