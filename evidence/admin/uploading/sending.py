"""Choosing a format, answering what it asks, and sending a file."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from evidence.admin.sentences import speak
from evidence.admin.standing import person_of, standing_of
from evidence.admin.uploading.asking import UploadPages, back_to, format_or_404, review_or_404, show
from evidence.importers.asking import Format, Question
from evidence.importers.formats import FORMATS
from evidence.models import Review
from evidence.permissions import ACTS_BY_ROLE, Act
from evidence.uploading import choices_of, is_too_large, receive, too_large

NOT_CHOSEN = [("", "– choose –")]
NONE_CHOSEN = [("", "not stated")]


class SendForm(forms.Form):
    """A file and the answers to what its format asks."""

    def __init__(self, format: Format, review: Review, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files)
        self.format, self.review = format, review
        endings = ",".join(format.endings)
        self.fields["file"] = forms.FileField(
            label="File",
            required=False,
            widget=forms.FileInput(attrs={"accept": endings}),
            help_text=f"Files ending in {', '.join(format.endings)}.",
            error_messages={"empty": "The file is empty."},
        )
        for question in format.questions:
            self.fields[question.name] = field_for(question, review)
        for name, field in self.fields.items():
            speak(field, str(field.label or name))
            # The service says what is missing, so that the page and the command say the same.
            field.required = False

    def answers(self) -> dict[str, str]:
        """Give the answers as texts."""
        given = {question.name: self.cleaned_data.get(question.name) for question in self.format.questions}
        return {name: "true" if one is True else str(one or "") for name, one in given.items()}


def field_for(question: Question, review: Review) -> forms.Field:
    """Give the form field that a question is answered in."""
    said: dict[str, Any] = {"label": question.label, "help_text": question.help, "required": False}
    if question.kind == "flag":
        return forms.BooleanField(**said)
    choices = choices_of(question, review)
    if choices is None:
        return forms.CharField(widget=forms.TextInput(attrs={"class": "vTextField"}), **said)
    return forms.ChoiceField(choices=[*(NOT_CHOSEN if question.is_needed else NONE_CHOSEN), *choices], **said)


def formats_view(pages: UploadPages, request: HttpRequest, slug: str) -> HttpResponse:
    """Show the formats to choose from."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    review = review_or_404(request, slug)
    standing = standing_of(request)
    formats = [(one, standing.may(one.act, review.pk), roles_for(one.act)) for one in FORMATS.values()]
    return show(pages, request, review, "formats", title=f"Bring in a file: {review.title}", formats=formats)


def roles_for(act: Act) -> str:
    """Give the roles that may do something, in words."""
    return " or ".join(role for role, acts in ACTS_BY_ROLE.items() if act in acts)


def send_view(pages: UploadPages, request: HttpRequest, slug: str, format: str) -> HttpResponse:
    """Show the form of a format, or take the file in."""
    review = review_or_404(request, slug)
    chosen = format_or_404(request, review, format)
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    is_sent = request.method == "POST"
    form = SendForm(chosen, review, *((request.POST, request.FILES) if is_sent else ()))
    if is_sent:
        if is_too_large(request):
            form.full_clean()
            form.add_error("file", too_large())
        elif form.is_valid():
            upload = _receive(request, form)
            if upload is not None:
                return back_to("page", upload.pk)
    title = f"Bring in a file: {chosen.title}"
    return show(pages, request, review, "send", title=title, form=form, format=chosen)


def _receive(request: HttpRequest, form: SendForm) -> Any:
    """Take the file in; put what the service refuses beside the fields."""
    try:
        return receive(
            by=person_of(request),
            review=form.review,
            format=form.format,
            file=form.cleaned_data["file"],
            answers=form.answers(),
        )
    except ValidationError as error:
        for name, sentences in error.message_dict.items():
            form.add_error(name if name in form.fields else None, sentences)
        return None
