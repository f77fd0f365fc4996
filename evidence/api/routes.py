"""The resources of the evidence, by the word that stands for them in addresses."""

from rest_framework.viewsets import GenericViewSet

from evidence.api.extractions import Arms, Components, Extractions
from evidence.api.records import Decisions, Records
from evidence.api.results import ArmResults, ContrastResults
from evidence.api.reviews import Instruments, Outcomes, Reviews, Windows
from evidence.api.risk_of_bias import Assessments, Judgements
from evidence.api.studies import Reports, Studies

RESOURCES: dict[str, type[GenericViewSet]] = {
    "reviews": Reviews,
    "records": Records,
    "screening-decisions": Decisions,
    "studies": Studies,
    "reports": Reports,
    "outcomes": Outcomes,
    "windows": Windows,
    "instruments": Instruments,
    "extractions": Extractions,
    "arms": Arms,
    "components": Components,
    "arm-results": ArmResults,
    "contrast-results": ContrastResults,
    "assessments": Assessments,
    "judgements": Judgements,
}
