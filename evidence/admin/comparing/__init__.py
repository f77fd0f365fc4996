"""Two extractions side by side, the board of studies, the policy and the form of a review, questions to authors."""

from evidence.admin.comparing import adjudications, contacts, forms, policies

__all__ = ["adjudications", "contacts", "forms", "policies"]
