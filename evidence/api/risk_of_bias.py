"""Risk of bias: assessments with their judgements, blinded as on the pages, and judged through the same service."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from evidence.api.asking import Reason, object_in, reason_in, row_in, text_in, truth_in
from evidence.api.filtering import filters_for
from evidence.api.rows import PersonName, ReviewSlug, RowSerializer
from evidence.api.versions import require_match, tag_of
from evidence.api.views import KeptRows
from evidence.api.writing import WrittenRows
from evidence.models import Assessment, Judgement, Outcome, ReviewTool, Study
from evidence.permissions import Act
from evidence.services import judge, reopen_assessment, start_assessment, submit_assessment
from evidence.services.holding import hold
from evidence.services.judging import Answer
from evidence.tools import UnknownTool, all_tools, get_tool

SENT = ("study", "tool", "review_tool", "outcome", "effect", "is_consensus")
NO_TOOL = "“{code}” is not the code of a tool; known are {known}."
NO_JUDGEMENTS = "Send “judgements”: for each domain its judgement, and where it departs from the tool's rule, why."


class JudgementSent(serializers.Serializer):
    """A judgement of one domain."""

    judgement = serializers.CharField(max_length=20)
    justification = serializers.CharField(required=False, allow_blank=True, max_length=20_000)


class JudgementsSent(serializers.Serializer):
    """Judgements by domain."""

    judgements = serializers.DictField(child=JudgementSent())


class AssessmentSent(serializers.Serializer):
    """What an assessment is begun with."""

    study = serializers.IntegerField(min_value=1)
    tool = serializers.CharField(required=False, max_length=20, help_text="Code of a published tool, such as rob2.")
    review_tool = serializers.IntegerField(required=False, allow_null=True, min_value=1)
    outcome = serializers.IntegerField(required=False, allow_null=True, min_value=1)
    effect = serializers.CharField(required=False, allow_blank=True, max_length=20)
    is_consensus = serializers.BooleanField(required=False)


class JudgementInside(serializers.ModelSerializer):
    """A judgement inside its assessment."""

    class Meta:
        model = Judgement
        fields = ("domain", "judgement", "proposed", "justification", "page", "quote")


class AssessmentRow(RowSerializer):
    """One reader's, or the consensus, assessment of a study with one tool."""

    review = ReviewSlug(source="study.review")
    study_code = serializers.CharField(source="study.code", read_only=True)
    reviewer = PersonName(read_only=True, allow_null=True)
    judgements = JudgementInside(many=True, read_only=True)

    class Meta:
        model = Assessment
        fields = (
            *("id", "review", "study", "study_code", "outcome", "tool", "tool_version", "effect", "is_consensus"),
            *("reviewer", "status", "submitted_at", "judgements"),
        )
        read_only_fields = fields


class Assessments(WrittenRows):
    """Risk-of-bias assessments: others' appear when the pages would show them."""

    model = Assessment
    serializer_class = AssessmentRow
    related = ("study__review", "reviewer")
    filterset_class = filters_for(
        Assessment, ["study", "study_code=study__code", "outcome", "tool", "is_consensus", "status"]
    )
    search_fields = ("study__label", "study__code")
    http_method_names = ["get", "post", "patch", "head", "options"]

    def get_queryset(self) -> Any:
        """Read the judgements along."""
        return super().get_queryset().prefetch_related("judgements")

    @extend_schema(request=AssessmentSent, responses={201: AssessmentRow})
    def create(self, request: Request) -> Response:
        """Begin an assessment of the person's own, or open the consensus; give the one that is there."""
        return super().create(request)

    def entry(self) -> Any:
        """Give what reads an assessment that is begun."""
        return self

    def read(self, data: Any) -> dict[str, Any]:
        """Give what an assessment is begun with."""
        sent = object_in(data, known=SENT)
        reviews = self.standing.reviews(Act.RECORD)
        study = row_in(sent, "study", Study.objects.filter(review__in=reviews), is_needed=True)
        tools = ReviewTool.objects.filter(review__in=reviews)
        outcomes = Outcome.objects.filter(review__in=reviews)
        return {
            "study": study,
            "tool": text_in(sent, "tool"),
            "review_tool": row_in(sent, "review_tool", tools),
            "outcome": row_in(sent, "outcome", outcomes),
            "effect": text_in(sent, "effect"),
            "consensus": truth_in(sent, "is_consensus"),
        }

    def make(self, values: dict[str, Any]) -> Any:
        """Begin the assessment through its service."""
        if values["review_tool"] is None and not values["tool"]:
            raise ValidationError({"tool": ["Say with which tool: “tool” for a published one, or “review_tool”."]})
        if values["review_tool"] is None:
            try:
                get_tool(values["tool"])
            except UnknownTool as error:
                known = ", ".join(tool.code for tool in all_tools())
                raise ValidationError({"tool": [NO_TOOL.format(code=values["tool"][:80], known=known)]}) from error
        return start_assessment(by=self.person, **values)

    @extend_schema(request=JudgementsSent, responses=AssessmentRow)
    def partial_update(self, request: Request, id: str) -> Response:
        """Judge domains; what the tool's rule gives for the whole follows. If-Match says which version is changed."""
        self.understand()
        with transaction.atomic():
            hold(Assessment, int(id))
            row = self.get_object()
            require_match(request, self.data_of(row), row)
            self.require_write(row)
            judge(by=self.person, assessment=row, answers=_answers(request.data))
            shown = self.data_of(self.get_object())
        return Response(shown, headers={"ETag": tag_of(shown)})

    @extend_schema(request=None, responses=AssessmentRow)
    @action(detail=True, methods=["post"], filter_backends=[], pagination_class=None)
    def submit(self, request: Request, id: str) -> Response:
        """Say that the assessment is finished."""
        return self._turn(lambda row: submit_assessment(by=self.person, assessment=row))

    @extend_schema(request=Reason, responses=AssessmentRow)
    @action(detail=True, methods=["post"], filter_backends=[], pagination_class=None)
    def reopen(self, request: Request, id: str) -> Response:
        """Take a submitted assessment back into work, with a reason."""
        reason = reason_in(request)
        return self._turn(lambda row: reopen_assessment(by=self.person, assessment=row, reason=reason))

    def _turn(self, turn: Any) -> Response:
        self.understand()
        with transaction.atomic():
            row = self.get_object()
            self.require_write(row)
            turn(row)
            shown = self.data_of(self.get_object())
        return Response(shown, headers={"ETag": tag_of(shown)})


def _answers(data: Any) -> dict[str, Answer]:
    """Give the judgements that were sent, by domain."""
    sent = object_in(data, known=["judgements"]).get("judgements")
    if not isinstance(sent, dict) or not sent:
        raise ValidationError({"judgements": [NO_JUDGEMENTS]})
    found = {}
    for domain, one in sent.items():
        if not isinstance(one, dict):
            raise ValidationError({"judgements": [NO_JUDGEMENTS]})
        inner = object_in(one, known=["judgement", "justification"])
        found[domain] = Answer(text_in(inner, "judgement"), text_in(inner, "justification"))
    return found


class JudgementRow(RowSerializer):
    """The answer for one domain of a tool, or for its overall judgement."""

    review = ReviewSlug(source="assessment.study.review")
    study = serializers.IntegerField(source="assessment.study_id", read_only=True)
    study_code = serializers.CharField(source="assessment.study.code", read_only=True)
    tool = serializers.CharField(source="assessment.tool", read_only=True)
    is_consensus = serializers.BooleanField(source="assessment.is_consensus", read_only=True)

    class Meta:
        model = Judgement
        fields = (
            *("id", "review", "study", "study_code", "assessment", "tool", "is_consensus", "domain", "judgement"),
            *("proposed", "justification", "page", "quote"),
        )


class Judgements(KeptRows):
    """Judgements one by one, to read; they are made and changed at their assessment."""

    model = Judgement
    serializer_class = JudgementRow
    related = ("assessment__study__review",)
    filterset_class = filters_for(
        Judgement,
        [
            *("assessment", "study=assessment__study", "tool=assessment__tool"),
            *("is_consensus=assessment__is_consensus", "domain", "judgement"),
        ],
    )
    search_fields = ("assessment__study__label", "justification")
    ordering_fields = ("domain",)
