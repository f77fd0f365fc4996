"""A risk-of-bias tool of the review's own, in versions that stay as they were used."""

import re
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from evidence import tools
from evidence.models.base import EvidenceRow
from evidence.models.review import Review

CODE = re.compile(r"[a-z][a-z0-9_]*")
LONGEST_DEFINITION = 200_000
WHAT_IS_USED = ("code", "name", "version", "definition", "review_id")


class ReviewTool(EvidenceRow):
    """One version of a tool that the review defined itself. Once it is used, a change is a new version."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="tools")
    code = models.CharField(
        max_length=20,
        help_text="Short name in small letters, such as pedro: analyses and files refer to the tool by it.",
    )
    name = models.CharField(max_length=100, help_text="What readers see, such as PEDro.")
    version = models.CharField(
        max_length=20, help_text="Such as 1.0 or 2026-03-01. A tool that is in use changes only by a new version."
    )
    definition = models.TextField(
        help_text="JSON: levels (best first), overall_rule (worst or person) and domains, each with its questions, the "
        "answers after which a question is asked, and the tables that give a judgement. docs/risk-of-bias.md has an "
        "example."
    )

    class Meta:
        ordering = ["review", "code", "pk"]
        verbose_name = "risk-of-bias tool"
        constraints = [
            models.UniqueConstraint(
                fields=["review", "code", "version"],
                name="reviewtool_version_once",
                violation_error_message="The review already has this version of the tool.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, version {self.version}"

    @property
    def tool(self) -> tools.Tool:
        """The tool that the definition describes."""
        return read_own_tool(self.definition, self.code, self.name, self.version)

    def clean(self) -> None:
        """Refuse a code that is taken, a definition with a fault, and a change of a version that is in use."""
        if self.code and not CODE.fullmatch(self.code):
            raise ValidationError({"code": "The code must be small letters, digits and _, and begin with a letter."})
        if any(self.code == tool.code for tool in tools.all_tools()):
            raise ValidationError({"code": f"“{self.code}” is the code of a published tool; choose another."})
        if len(self.definition) > LONGEST_DEFINITION:
            raise ValidationError({"definition": f"The definition is longer than {LONGEST_DEFINITION} characters."})
        try:
            _ = self.tool
        except tools.FaultyDefinition as fault:
            raise ValidationError({"definition": fault.faults}) from fault
        self._refuse_change_in_use()

    def _refuse_change_in_use(self) -> None:
        stored = ReviewTool.objects.filter(pk=self.pk, assessments__isnull=False).first() if self.pk else None
        changed = [name for name in WHAT_IS_USED if stored and getattr(stored, name) != getattr(self, name)]
        if changed:
            place: Any = "definition" if "definition" in changed else changed[0].removesuffix("_id")
            raise ValidationError(
                {place: f"{stored} is in use: its assessments keep it as it is. Add a new version instead."}
            )


@lru_cache(maxsize=256)
def read_own_tool(definition: str, code: str, name: str, version: str) -> tools.Tool:
    """Give the tool that a definition describes; the same text is read once."""
    return tools.parse_definition(definition, code=code, name=name, version=version)
