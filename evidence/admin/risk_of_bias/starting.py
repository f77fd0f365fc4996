"""Starting an assessment: of which result, with which tool, for which effect of interest."""

from typing import Any

from django import forms

from evidence.models import Assessment, Outcome, ReviewTool, Study
from evidence.tools import Tool, all_tools

ALL_OUTCOMES = "All outcomes of the study"


def tool_choices(study: Study) -> dict[str, tuple[str, ReviewTool | None, str, str]]:
    """Give what can be started by key: the tool, the review's own row, the effect of interest, and the words."""
    own: dict[str, ReviewTool] = {}
    for row in ReviewTool.objects.filter(review=study.review_id).order_by("pk"):
        own[row.code] = row  # the newest version of each
    offered: list[tuple[Tool, ReviewTool | None]] = [(tool, None) for tool in all_tools()]
    offered += [(row.tool, row) for row in own.values()]
    found = {}
    for tool, own_row in offered:
        for effect, name in tool.effects.items() or [("", "")]:
            words = f"{tool.name}: {name[:1].lower()}{name[1:]}" if name else tool.name
            found[f"{tool.code}:{effect}"] = (tool.code, own_row, effect, words)
    return found


class StartForm(forms.Form):
    """The result that is to be assessed."""

    tool = forms.ChoiceField(
        label="Tool and effect of interest",
        error_messages={"required": "Choose the tool.", "invalid_choice": "Choose a tool from the list."},
    )
    outcome = forms.ModelChoiceField(
        label="Result",
        queryset=Outcome.objects.none(),
        required=False,
        empty_label=ALL_OUTCOMES,
        help_text="Choose an outcome where the risk of bias differs between outcomes, as it can for missing data and "
        "for measurement.",
        error_messages={"invalid_choice": "Choose an outcome of this review from the list."},
    )

    def __init__(self, data: Any, *, study: Study) -> None:
        self.offered = tool_choices(study)
        known = Assessment.objects.filter(study=study).order_by("-pk").values_list("tool", "effect").first()
        initial = {"tool": ":".join(known) if known and ":".join(known) in self.offered else "rob2:assignment"}
        super().__init__(data, initial=initial)
        tool: Any = self.fields["tool"]
        tool.choices = [(key, words) for key, (*_, words) in self.offered.items()]
        outcome: Any = self.fields["outcome"]
        outcome.queryset = Outcome.objects.filter(review=study.review_id).order_by("name")
        outcome.label_from_instance = lambda row: row.name

    def chosen(self) -> dict[str, Any]:
        """Give what the service is asked for."""
        code, own_row, effect, _ = self.offered[self.cleaned_data["tool"]]
        return {"tool": code, "review_tool": own_row, "effect": effect, "outcome": self.cleaned_data["outcome"]}
