"""Reading evidence from files. The project's own format, the review folder, is described in docs/review-format.md."""

from evidence.importers.folder import read_folder
from evidence.importers.importing import ImportResult, import_review
from evidence.importers.problems import ImportProblem
from evidence.importers.writing import Counts

__all__ = ["Counts", "ImportProblem", "ImportResult", "import_review", "read_folder"]
