"""What a person may ask of the analyses: keyword-only, actor first."""

from analysis.services.claiming import record_claim, remove_claim
from analysis.services.rating import current_certainty, is_stale, rate_certainty
from analysis.services.refreshing import Refreshed, refresh, refresh_many
from analysis.services.saving import save_analysis
from analysis.services.signing import sign_off

__all__ = [
    "Refreshed",
    "current_certainty",
    "is_stale",
    "rate_certainty",
    "record_claim",
    "refresh",
    "refresh_many",
    "remove_claim",
    "save_analysis",
    "sign_off",
]
