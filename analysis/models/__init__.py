"""Analyses, and what they gave: freezes, datasets, runs, snapshots, ratings."""

from analysis.models.analysis import Analysis, Step
from analysis.models.append_only import AppendOnly
from analysis.models.certainty import DOMAINS, Certainty, Level
from analysis.models.claim import Claim
from analysis.models.freeze import Dataset, Freeze, dataset_digest
from analysis.models.refresh import Refresh
from analysis.models.run import Run, run_key
from analysis.models.snapshot import SignOff, Snapshot, SnapshotRun

__all__ = [
    "DOMAINS",
    "Analysis",
    "AppendOnly",
    "Certainty",
    "Claim",
    "Dataset",
    "Freeze",
    "Level",
    "Refresh",
    "Run",
    "SignOff",
    "Snapshot",
    "SnapshotRun",
    "Step",
    "dataset_digest",
    "run_key",
]
