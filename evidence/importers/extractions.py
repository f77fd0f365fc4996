"""The consensus extractions of an import: those that hold rows, those that hold none, and what is complete."""

from evidence import services
from evidence.importers.changes import Change, Difference
from evidence.importers.writing import RowRefused, Writer, consensus_extraction, say_all
from evidence.models import Extraction

DRAFT = Extraction.Status.DRAFT


def open_extractions(writer: Writer) -> None:
    """Open the consensus extractions that the rows of studies name and that no other row needed."""
    for row in writer.folder.rows_of("studies"):
        status = row.values.get("consensus")
        if not row.is_sound or not status or writer.catalogue.find("studies", row.key or ()) is None:
            continue
        code = row.values["code"]
        if code in writer.catalogue.extractions:
            continue
        try:
            consensus_extraction(writer, code)
        except RowRefused as refusal:
            say_all(writer, row, [("consensus", rule) for _, rule in refusal.rules])
            continue
        writer.note_update(row, Change.told(row, (Difference("consensus", "", status),)))


def complete_extractions(writer: Writer) -> None:
    """Complete the extractions that the import opened, but for those that the rows of studies call drafts."""
    said = {row.values.get("code"): row.values.get("consensus") for row in writer.folder.rows_of("studies")}
    for extraction in writer.opened:
        if said.get(extraction.study.code) != DRAFT:
            services.complete_extraction(by=writer.by, extraction=extraction)
