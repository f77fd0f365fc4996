"""The pages on which files are brought into a review, and taken out of it."""

from evidence.admin.uploading import uploads

__all__ = ["uploads"]
