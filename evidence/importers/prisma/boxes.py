"""Which box of the flow each row of the PRISMA 2020 template is."""

from dataclasses import dataclass

OTHER = "other methods"


@dataclass(frozen=True, slots=True)
class Place:
    """A box of the flow, with stage and reason; `is_listed`: the cell lists reasons, each with its number."""

    box: str
    stage: str = ""
    reason: str = ""
    is_listed: bool = False


PLACES = {
    "database_results": Place("records_identified", "databases"),
    "register_results": Place("records_identified", "registers"),
    "website_results": Place("records_identified", "websites"),
    "organisation_results": Place("records_identified", "organisations"),
    "citations_results": Place("records_identified", "citation searching"),
    "duplicates": Place("records_removed", reason="duplicate"),
    "excluded_automatic": Place("records_removed", reason="marked as ineligible by automation tools"),
    "excluded_other": Place("records_removed", reason="other reasons"),
    "records_screened": Place("records_screened"),
    "records_excluded": Place("records_excluded"),
    "dbr_sought_reports": Place("reports_sought"),
    "dbr_notretrieved_reports": Place("reports_not_retrieved"),
    "other_sought_reports": Place("reports_sought", OTHER),
    "other_notretrieved_reports": Place("reports_not_retrieved", OTHER),
    "dbr_assessed": Place("reports_assessed"),
    "dbr_excluded": Place("reports_excluded", is_listed=True),
    "other_assessed": Place("reports_assessed", OTHER),
    "other_excluded": Place("reports_excluded", OTHER, is_listed=True),
    "new_studies": Place("studies_included"),
}
# Single sources, in the newer template: their numbers add up to the row beside them, which is read.
PARTS = {"database_specific_results": "database_results", "register_specific_results": "register_results"}
NO_BOX = ("previous_studies", "previous_reports", "new_reports", "total_studies", "total_reports")
# Stages that the template counts beside databases and registers.
BESIDE = frozenset({"websites", "organisations", "citation searching", OTHER})
