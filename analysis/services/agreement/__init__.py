"""How far the readers of a review agree, from their first independent answers."""

from analysis.services.agreement.asking import Asked, Work
from analysis.services.agreement.reading import Line, WorkAgreement, default_work, read_agreement

__all__ = ["Asked", "Line", "Work", "WorkAgreement", "default_work", "read_agreement"]
