"""Analyses, and what they gave: freezes, datasets, runs, snapshots, ratings."""

from analysis.models.analysis import Analysis, Step
from analysis.models.certainty import DOMAINS, RATE_UPS, Certainty, IndependentRating, Level, RatingPolicy
from analysis.models.claim import Claim
from analysis.models.delivery import Delivery, Webhook, WebhookSecret
from analysis.models.eligibility import EligibilityRule, Waiver
from analysis.models.findings_wording import FindingsWording
from analysis.models.freeze import Dataset, Freeze, dataset_digest
from analysis.models.manuscript import Block, Manuscript
from analysis.models.notice import Notice, NoticeRead, NoticeSubscription
from analysis.models.paper import FindingAnswer, Paper, PrintedClaim
from analysis.models.plan import PlanClosure, PlanEvent
from analysis.models.refresh import Refresh, RefreshEnd
from analysis.models.run import Run, run_key
from analysis.models.run_part import RunPart
from analysis.models.schedule import Schedule, ScheduleRun
from analysis.models.snapshot import Snapshot, SnapshotRun
from analysis.models.standing import Publication, SignOff
from analysis.models.withdrawal import PluginWithdrawal
from evidence.models.append_only import AppendOnly

__all__ = [
    "DOMAINS",
    "RATE_UPS",
    "Analysis",
    "AppendOnly",
    "Block",
    "Certainty",
    "Claim",
    "Dataset",
    "Delivery",
    "EligibilityRule",
    "FindingAnswer",
    "FindingsWording",
    "Freeze",
    "IndependentRating",
    "Level",
    "Manuscript",
    "Notice",
    "NoticeRead",
    "NoticeSubscription",
    "Paper",
    "PlanClosure",
    "PlanEvent",
    "PluginWithdrawal",
    "PrintedClaim",
    "Publication",
    "RatingPolicy",
    "Refresh",
    "RefreshEnd",
    "Run",
    "RunPart",
    "Schedule",
    "ScheduleRun",
    "SignOff",
    "Snapshot",
    "SnapshotRun",
    "Step",
    "Waiver",
    "Webhook",
    "WebhookSecret",
    "dataset_digest",
    "run_key",
]
