"""A review folder that comes as one file: packed as a zip archive."""

from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from evidence.importers.asking import Format, Request
from evidence.importers.folder import read_folder
from evidence.importers.importing import ImportResult, import_rows
from evidence.importers.opening import ZIP, Unreadable, open_zip, read_file, read_member, refuse_other_kinds
from evidence.importers.review_file import FORMAT as MARK
from evidence.importers.rows import Folder
from evidence.importers.tables import REVIEW_FILE

OTHER_REVIEW = (
    "The folder is of the review “{slug}”. Its rows go into “{into}”, whose own title, question and protocol stay."
)
PROTOCOL_STAYS = "The title, the question and the protocol of the review itself are not changed by an import."
NO_ZIP = "The file is no zip archive. Pack the folder with review.json and its CSV files as one."
NO_REVIEW = "The archive holds no review.json, neither at its top nor in a folder there; a review folder has one."
MANY = "The archive holds more than one review.json: {names}. Pack one review folder only."
READ = (".csv", ".json")


def load(request: Request) -> ImportResult:
    """Read the rows of a packed review folder into a review."""
    with TemporaryDirectory(prefix="quorum-folder-") as place:
        return import_rows(
            by=request.by,
            folder=read_packed(request, Path(place)),
            review=request.review,
            what=f"Import of the review folder {request.name}",
            leaves_out=True,
            dry_run=request.dry_run,
            progress=request.progress,
        )


def read_packed(request: Request, place: Path) -> Folder:
    """Give the rows of a packed review folder, or why it cannot be unpacked; it is unpacked into the place."""
    try:
        _unpack(request.path, place)
    except Unreadable as problem:
        folder = Folder(request.path)
        folder.say(request.name, problem.line, "", problem.sentence)
        return folder
    folder = read_folder(place)
    review = next(iter(folder.rows_of("review")), None)
    slug = review.values.get("slug") if review is not None else None
    if slug and slug != request.review.slug:
        folder.notes.append(OTHER_REVIEW.format(slug=slug, into=request.review.slug))
    elif review is not None:
        folder.notes.append(PROTOCOL_STAYS)
    return folder


def _unpack(path: Path, place: Path) -> None:
    """Unpack the files of the review folder that an archive holds."""
    content = read_file(path)
    refuse_other_kinds(content)
    if not content.startswith(ZIP):
        raise Unreadable(NO_ZIP)
    archive = open_zip(content)
    members = [one for one in archive.infolist() if not one.is_dir()]
    tops = [one.filename for one in members if _is_review_file(one.filename)]
    if not tops:
        raise Unreadable(NO_REVIEW)
    if tops[1:]:
        raise Unreadable(MANY.format(names=", ".join(sorted(tops))))
    within = PurePosixPath(tops[0]).parent
    for one in members:
        name = PurePosixPath(one.filename)
        if name.parent == within and name.suffix.lower() in READ:
            (place / name.name).write_bytes(read_member(archive, one.filename))


def _is_review_file(name: str) -> bool:
    """Whether a file of an archive is the review.json at its top or in a folder there."""
    parts = PurePosixPath(name).parts
    return 1 <= len(parts) <= 2 and parts[-1] == REVIEW_FILE and parts[0] != "__MACOSX"


FORMATS = (
    Format(
        code="review-folder",
        title="Review folder",
        help=f"The project's own format ({MARK}): a zip file with review.json and CSV files, as Quorum writes it or as "
        "you fill it in by hand. Brings in outcomes, studies, reports, arms, results and judgements.",
        endings=(".zip",),
        load=load,
    ),
)
