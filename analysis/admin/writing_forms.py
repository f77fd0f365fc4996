"""The forms with which manuscripts are written: one for each kind of block."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from analysis.models import Analysis, Block, Manuscript, Snapshot
from analysis.reading import figures
from analysis.reporting.tables import column_names
from analysis.services.manuscripts import Numbers, save_block, save_manuscript
from evidence.models import Review

FIELDS: dict[str, tuple[str, ...]] = {
    Block.Kind.HEADING: ("title", "level"),
    Block.Kind.APPENDIX: ("title",),
    Block.Kind.TEXT: ("text", "items"),
    Block.Kind.FIGURE: ("title", "snapshot", "text", "items"),
    Block.Kind.TABLE: ("title", "shows", "analysis", "snapshot", "columns", "text", "items"),
    Block.Kind.CHECKLIST: ("title", "text"),
    Block.Kind.REFERENCES: ("title", "text"),
    Block.Kind.PAGE_BREAK: (),
}
LEVELS = ((1, "Section"), (2, "Subsection"), (3, "Heading within a subsection"))
TEXT_LABELS = {
    Block.Kind.TEXT: "Text",
    Block.Kind.CHECKLIST: "Your own answers, a line for each item",
    Block.Kind.REFERENCES: "Further references, one per line",
}
TEXT_HELP = {
    Block.Kind.TEXT: "An empty line begins a paragraph, “- ” a list. **bold**, *italic*, [words](https://…), "
    "{{analysis.plugin.name}} for a bound number, [@study] for a citation.",
    Block.Kind.CHECKLIST: "Such as “25: page 12, Funding”. Items that blocks answer are filled in by themselves.",
    Block.Kind.REFERENCES: "Printed behind those of the studies, as they are written.",
}
NOTE_LABEL, NOTE_HELP = "Note below", "May hold bound numbers. Optional."
CAPTION_LABEL = "Caption"
COLUMNS_HELP = "Of the characteristics, one per line; a title of your own behind a colon. Empty: the usual ones."
NEWEST = "The newest snapshot"


class DetailsForm(forms.ModelForm):
    """What a manuscript says of itself."""

    class Meta:
        model = Manuscript
        fields = ("title", "authors", "affiliations", "abstract", "reference_style")
        widgets = {name: forms.Textarea(attrs={"rows": rows}) for name, rows in (("authors", 2), ("affiliations", 3))}
        widgets["abstract"] = forms.Textarea(attrs={"rows": 10})

    def store(self, *, by: Any) -> bool:
        """Save through the service; whether it was saved."""
        return _stored(self, lambda: save_manuscript(by=by, manuscript=self.instance))


class BlockForm(forms.ModelForm):
    """One block: the fields that its kind has."""

    figure = forms.ChoiceField(label="Figure", required=False)

    class Meta:
        model = Block
        fields = ("title", "level", "text", "analysis", "snapshot", "shows", "columns", "items")
        widgets = {
            "text": forms.Textarea(attrs={"rows": 10}),
            "columns": forms.Textarea(attrs={"rows": 6}),
        }

    def __init__(self, *args: Any, numbers: Numbers, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.numbers = numbers
        kind = self.instance.kind
        wanted = (*FIELDS[kind], *(("figure",) if kind == Block.Kind.FIGURE else ()))
        for name in set(self.fields) - set(wanted):
            del self.fields[name]
        self.order_fields(["figure"])
        self._dress(kind, numbers.review)

    def _dress(self, kind: str, review: Review) -> None:
        """Name the fields as they are meant for this kind, and offer what belongs to the review."""
        if "text" in self.fields:
            self.fields["text"].label = TEXT_LABELS.get(Block.Kind(kind), NOTE_LABEL)
            self.fields["text"].help_text = TEXT_HELP.get(Block.Kind(kind), NOTE_HELP)
            if kind in (Block.Kind.FIGURE, Block.Kind.TABLE):
                self.fields["text"].widget.attrs["rows"] = 3
        if "title" in self.fields and kind in (Block.Kind.FIGURE, Block.Kind.TABLE):
            self.fields["title"].label = CAPTION_LABEL
        if "level" in self.fields:
            self.fields["level"] = forms.TypedChoiceField(label="Level", choices=LEVELS, coerce=int)
        if "columns" in self.fields:
            self.fields["columns"].help_text = self._columns_help()
        if "shows" in self.fields:
            self.fields["shows"] = forms.ChoiceField(label="Table", choices=Block.Table.choices)
        if "analysis" in self.fields:
            field: Any = self.fields["analysis"]
            field.queryset = Analysis.objects.filter(review=review).order_by("position", "slug")
            field.empty_label = "All of the review"
        if "snapshot" in self.fields:
            field = self.fields["snapshot"]
            rows = Snapshot.objects.filter(analysis__review=review).select_related("analysis")
            field.queryset = rows.order_by("analysis__position", "analysis__slug", "-number")
            field.empty_label = NEWEST
        if "figure" in self.fields:
            self.fields["figure"].choices = list(self._figures())  # type: ignore[attr-defined]
            self.fields["figure"].initial = f"{self.instance.analysis_id}:{self.instance.shows}"

    def _columns_help(self) -> str:
        """Say which columns the characteristics can have."""
        newest = max(self.numbers.newest.values(), key=lambda row: row.freeze_id, default=None)
        if newest is None:
            return COLUMNS_HELP
        names = [name for name, _ in column_names(self.numbers.reading(newest).frozen)]
        return f"{COLUMNS_HELP} There are {', '.join(names)}."

    def _figures(self) -> Iterator[Any]:
        """Offer every figure of the newest snapshots, by analysis, and the one that is shown now."""
        for analysis in self.numbers.analyses.values():
            snapshot = self.numbers.newest.get(analysis.pk)
            results = {} if snapshot is None else self.numbers.reading(snapshot).results
            found = []
            for plugin, result in results.items():
                drawn = figures(result)
                for number, figure in enumerate(result.get("figures", ()), start=1):
                    said = f"{analysis.title} – {figure['title']}"
                    said += "" if figure in drawn else " (nothing to draw yet)"
                    found.append((f"{analysis.pk}:{plugin}.{number}", said))
            shown = f"{analysis.pk}:{self.instance.shows}"
            if analysis.pk == self.instance.analysis_id and shown not in dict(found):
                found.append((shown, self.instance.shows))
            if found:
                yield analysis.title, found

    def clean(self) -> dict[str, Any] | None:
        """Take the analysis and its figure from the one field that both are chosen in."""
        cleaned = super().clean()
        chosen = self.cleaned_data.get("figure")
        if chosen:
            analysis, _, shows = chosen.partition(":")
            self.instance.analysis = Analysis.objects.filter(pk=analysis, review=self.numbers.review).first()
            self.instance.shows = shows
        return cleaned

    def store(self, *, by: Any) -> bool:
        """Save through the service; whether it was saved."""
        return _stored(self, lambda: save_block(by=by, block=self.instance, numbers=self.numbers))


def _stored(form: Any, save: Any) -> bool:
    """Save; put what a service refuses beside the field that it is about."""
    try:
        save()
    except ValidationError as error:
        found = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
        for name, messages in found.items():
            form.add_error(name if name in form.fields else None, messages)
        return False
    return True
