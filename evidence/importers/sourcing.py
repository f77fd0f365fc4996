"""Where numbers come from: an import names its file, but never over the place that a person has named."""

from collections.abc import Mapping

from evidence.importers.catalogue import Catalogue
from evidence.importers.rows import make_row
from evidence.importers.tables import TABLES


def with_source(
    catalogue: Catalogue, table: str, cells: Mapping[str, str | None], source: Mapping[str, str], *, begin: str
) -> dict[str, str | None]:
    """Give the cells of a row with its source, unless the review has the row without one, or with one of its own.

    Parameters
    ----------
    source : the columns `table` and `note`
    begin : how the sources of this format begin; what begins otherwise is a person's
    """
    given = {column: text for column, text in cells.items() if text is not None}
    row, _ = make_row(TABLES[table], 0, given)
    stored = None if row.key is None else catalogue.find(table, row.key)
    told = [] if stored is None else [text for name in source if (text := getattr(stored, name))]
    is_ours = stored is None or (bool(told) and all(text.startswith(begin) for text in told))
    return {**cells, **source} if is_ours else dict(cells)
