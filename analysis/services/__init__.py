"""What a person may ask of the analyses: keyword-only, actor first."""

from analysis.services.cancelling import cancel
from analysis.services.claiming import record_claim, remove_claim
from analysis.services.eligibility import Finding, Verdict, check_eligibility, save_rule, waive, withdraw_waiver
from analysis.services.planning import Entry, State, close_plan, drop, is_dropped, mark_reported, read_ledger, resume
from analysis.services.rating import current_certainty, is_stale, rate_certainty
from analysis.services.refreshing import Refreshed, refresh, refresh_many, refresh_stale
from analysis.services.saving import save_analysis
from analysis.services.signing import publish, sign_off

__all__ = [
    "Entry",
    "Finding",
    "Refreshed",
    "State",
    "Verdict",
    "cancel",
    "check_eligibility",
    "close_plan",
    "current_certainty",
    "drop",
    "is_dropped",
    "is_stale",
    "mark_reported",
    "publish",
    "rate_certainty",
    "read_ledger",
    "record_claim",
    "refresh",
    "refresh_many",
    "refresh_stale",
    "remove_claim",
    "resume",
    "save_analysis",
    "save_rule",
    "sign_off",
    "waive",
    "withdraw_waiver",
]
