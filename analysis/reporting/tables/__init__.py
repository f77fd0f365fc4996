"""The tables of manuscripts: their rows, before they get a number and a caption."""

from analysis.reporting.tables.body import Body
from analysis.reporting.tables.characteristics import characteristics, column_names
from analysis.reporting.tables.findings import evidence_profile, summary_of_findings
from analysis.reporting.tables.judgements import risk_of_bias
from analysis.reporting.tables.results import MAIN, SENSITIVITY, not_pooled, results, scenarios, studies

__all__ = [
    "MAIN",
    "SENSITIVITY",
    "Body",
    "characteristics",
    "column_names",
    "evidence_profile",
    "not_pooled",
    "results",
    "risk_of_bias",
    "scenarios",
    "studies",
    "summary_of_findings",
]
