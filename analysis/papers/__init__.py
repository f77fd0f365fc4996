"""Papers as files: claims from tables and texts, findings as text, JSON and CSV."""

from analysis.papers.claim_files import COLUMNS, read_claim_file
from analysis.papers.texts import read_text_of
from analysis.papers.written import claims_csv, findings_json, findings_text

__all__ = ["COLUMNS", "claims_csv", "findings_json", "findings_text", "read_claim_file", "read_text_of"]
