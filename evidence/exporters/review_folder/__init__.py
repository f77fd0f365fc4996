"""A review's agreed evidence as a review folder: the inverse of its import."""

from evidence.exporters.review_folder.folder import FOLDER_EXPORT, write_review_folder

__all__ = ["EXPORTS", "FOLDER_EXPORT", "write_review_folder"]

EXPORTS = (FOLDER_EXPORT,)
