"""The rows that a review already has, by table and key; an import adds its own as it writes them."""

from dataclasses import dataclass, field
from typing import Any

from evidence.importers.tables import TABLES, Table
from evidence.models import Assessment, Extraction, Review

Key = tuple[Any, ...]


@dataclass(slots=True)
class Catalogue:
    """The rows of one review. Of extractions and assessments it knows the consensus only."""

    review: Review
    rows: dict[str, dict[Key, Any]] = field(default_factory=dict)
    extractions: dict[str, Extraction] = field(default_factory=dict)
    assessments: dict[Key, Assessment] = field(default_factory=dict)

    def find(self, name: str, key: Key) -> Any:
        """Give the row of a table with this key, None where there is none."""
        return self.rows.get(name, {}).get(key)

    def known(self, name: str, key: Key) -> list[Any]:
        """Give the last parts of the keys that begin like this one, for a sentence."""
        return [other[-1] for other in self.rows.get(name, {}) if other[:-1] == key[:-1]]


def catalogue_of(review: Review) -> Catalogue:
    """Give the catalogue of what is stored of a review."""
    catalogue = Catalogue(review)
    for table in TABLES.values():
        stored: dict[Key, Any] = {}
        for row in _stored(table, review):
            stored.setdefault(table.key_of_row(row), row)
        catalogue.rows[table.name] = stored
    consensus = Extraction.objects.filter(study__review=review, is_consensus=True).select_related("study__review")
    catalogue.extractions = {one.study.code: one for one in consensus}
    assessments = Assessment.objects.filter(study__review=review, is_consensus=True)
    for assessment in assessments.select_related("study__review", "outcome"):
        outcome = assessment.outcome.code if assessment.outcome else None
        catalogue.assessments[assessment.study.code, assessment.tool, outcome] = assessment
    return catalogue


def _stored(table: Table, review: Review) -> Any:
    """Give the stored rows of a table, with the rows that their keys lead through."""
    query = table.model._default_manager.filter(**table.only).of_review(review)  # type: ignore[attr-defined]
    holder = table.key.get("study", "").removesuffix("study__code")
    if holder:
        query = query.filter(**{f"{holder}is_consensus": True})
    through = {path.rsplit("__", 1)[0] for path in table.key.values() if "__" in path}
    return table.told_apart(query.select_related(*through) if through else query)
