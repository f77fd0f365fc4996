"""What a manuscript prints beside what a snapshot computed."""

from typing import Any

from analysis.models import Certainty, Claim
from analysis.reading import Reading

ON_SCALE = ("estimate", "ci_lower", "ci_upper")


def claim_rows(reading: Reading, rating: Certainty | None) -> list[dict[str, Any]]:
    """Give each printed number with the computed one; None where the two are of different measures."""
    rows = []
    for claim in Claim.objects.filter(analysis=reading.snapshot.analysis):
        is_other = bool(claim.measure) and claim.measure.upper() != reading.dataset["measure"]
        rows.append(
            {
                "claim": claim,
                "computed": None if is_other and claim.quantity != "k" else _computed(reading, rating, claim.quantity),
                "is_other_measure": is_other and claim.quantity != "k",
                "is_ratio": reading.is_ratio and claim.quantity in ON_SCALE,
            }
        )
    return rows


def _computed(reading: Reading, rating: Certainty | None, quantity: str) -> Any:
    if quantity == Claim.Quantity.CERTAINTY:
        return rating.level if rating else None
    return reading.pooling.get(quantity)
