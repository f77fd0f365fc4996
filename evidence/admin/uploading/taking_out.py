"""What is agreed in a review, as files for other programs."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.urls import reverse

from evidence.admin.standing import person_of
from evidence.admin.uploading.asking import UploadPages, refuse, review_or_404, show
from evidence.admin.uploading.naming import attachment
from evidence.exporters.asking import Choice, Export, Order, read_choices
from evidence.exporters.formats import EXPORTS


class ChoiceForm(forms.Form):
    """What may be chosen about an export; a choice without a list is free text."""

    def __init__(self, export: Export) -> None:
        super().__init__(auto_id=f"{export.code}-%s")
        for choice in export.choices:
            self.fields[choice.name] = field_for(choice)


def field_for(choice: Choice) -> forms.Field:
    """Give the form field that a choice is made in."""
    said: dict[str, Any] = {"label": choice.label, "help_text": choice.help, "required": False}
    if choice.choices:
        return forms.ChoiceField(choices=choice.choices, **said)
    return forms.CharField(widget=forms.TextInput(attrs={"class": "vTextField"}), **said)


def out_view(pages: UploadPages, request: HttpRequest, slug: str) -> HttpResponse:
    """Show the files that the review can be taken out as."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    review = review_or_404(request, slug)
    exports = [(one, ChoiceForm(one) if one.choices else None) for one in EXPORTS.values()]
    return show(pages, request, review, "out", title=f"Take out: {review.title}", exports=exports)


def file_view(pages: UploadPages, request: HttpRequest, slug: str, export: str) -> HttpResponse | StreamingHttpResponse:
    """Give one of these files, part by part, as the address says what is chosen about it."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    review = review_or_404(request, slug)
    chosen = EXPORTS.get(export)
    if chosen is None:
        raise Http404("There is no such export.")
    try:
        choices = read_choices(chosen, request.GET.dict())
        order = Order(by=person_of(request), review=review, choices=choices)
        parts: Iterator[bytes] = iter(chosen.write(order))
        first = next(parts, b"")
    except ValidationError as error:
        refuse(request, error)
        return HttpResponseRedirect(reverse("admin:evidence_upload_out", args=[review.slug]))
    return StreamingHttpResponse(
        chain([first], parts), content_type=chosen.content_type, headers=attachment(review, chosen.code, chosen.ending)
    )
