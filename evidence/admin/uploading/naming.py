"""How files are called that people take away."""

from django.utils import timezone

from evidence.models import Review


def attachment(review: Review, what: str, ending: str) -> dict[str, str]:
    """Give the headers of a file that is saved under the review's short name, what it holds, and the date."""
    name = f"{review.slug}-{what}-{timezone.localdate():%Y-%m-%d}{ending}"
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
