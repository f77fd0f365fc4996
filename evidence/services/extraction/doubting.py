"""What both readers of a study agree on, held against the other studies of the review."""

from collections import defaultdict
from decimal import Decimal

from evidence.comparing.doubts import doubts
from evidence.models import ArmResult, Extraction
from evidence.services.extraction.comparing import SideBySide


def doubts_about(sides: SideBySide) -> dict[str, str]:
    """Give a question about each agreed number that is unlikely, by the path of its item.

    Other studies speak by what is settled of them: their complete consensus extractions.
    """
    rows = ArmResult.objects.filter(
        arm__extraction__study__review=sides.study.review,
        arm__extraction__is_consensus=True,
        arm__extraction__status=Extraction.Status.COMPLETE,
        sd__isnull=False,
    ).exclude(arm__extraction__study=sides.study)
    elsewhere: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for outcome, code, kind, sd in rows.values_list(
        "instrument__outcome__code", "instrument__code", "value_kind", "sd"
    ):
        elsewhere[f"{outcome}/{code}", kind].append(sd)
    return doubts(sides.comparison, elsewhere)
