"""Building the consensus from two readings and the decisions about them, or from the one reading of a single reader."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format

from evidence.comparing import MergedRow, merge, take_over
from evidence.models import Extraction, Study
from evidence.permissions import Act, NotIndependent, is_one_of_two, readers_needed, require
from evidence.services.extracting import hold, readings_of
from evidence.services.extraction.comparing import SideBySide, compare_readings
from evidence.services.extraction.reading import Vocabulary, read_extraction, vocabulary_of
from evidence.services.extraction.writing import Writer, changes_of
from evidence.services.forming import form_in_force
from evidence.services.recording import check_reason, record

COMPLETE = Extraction.Status.COMPLETE
NAMED_AT_MOST = 10


@dataclass(frozen=True, slots=True)
class Rebuilding:
    """What building again would change in the consensus, in sentences."""

    changes: tuple[str, ...]


@transaction.atomic
def build_consensus(*, by: User, study: Study, rebuild: bool = False, reason: str = "") -> Extraction:
    """Make the consensus of two completed readings: all of it or nothing.

    Where both readers agree their value is taken over, with its place in the report; where they differ it is what was
    decided, and the history of the row says by whom and why.

    Parameters
    ----------
    rebuild : whether a consensus that is there already is to be made anew; that needs a reason

    Raises
    ------
    NotAllowed, NotIndependent : the person does not adjudicate here, or is one of the two readers
    ValidationError : differences are open (they are named), a consensus is there already, or a row breaks a rule
    """
    require(by, Act.ADJUDICATE, study.review)
    hold(study)
    if is_one_of_two(by, study):
        raise NotIndependent(who=by, study=study)
    sides = compare_readings(by=by, study=study)
    _refuse_open(sides)
    rows = merge(sides.comparison, sides.decisions)
    agreed = f"agreed by {sides.comparison.names.first} and {sides.comparison.names.second}"
    return _make(by, study, rows, sides.vocabulary, agreed, rebuild=rebuild, reason=reason)


@transaction.atomic
def adopt_reading(*, by: User, study: Study, rebuild: bool = False, reason: str = "") -> Extraction:
    """Make the completed reading of a single reader the consensus, where the review's policy is one reader.

    Raises
    ------
    NotAllowed : the person does not adjudicate here
    ValidationError : the policy is two readers, or there is not exactly one reading, completed
    """
    require(by, Act.ADJUDICATE, study.review)
    hold(study)
    if readers_needed(study.review) != 1:
        raise ValidationError("This review extracts with two readers; its owner can change that.")
    readings = readings_of(study)
    if len(readings) != 1 or readings[0].status != COMPLETE:
        raise ValidationError(f"“{study}” needs exactly one reading, and that completed, to become the consensus.")
    vocabulary = vocabulary_of(study.review)
    rows = take_over(read_extraction(readings[0], vocabulary))
    said = f"as {readings[0].reviewer} read it (single reader)"
    return _make(by, study, rows, vocabulary, said, rebuild=rebuild, reason=reason)


def rebuilding(sides: SideBySide) -> Rebuilding | None:
    """Say what building again would change in the consensus that there is; None where there is none."""
    consensus = Extraction.objects.filter(study=sides.study, is_consensus=True).first()
    if consensus is None:
        return None
    rows = merge(sides.comparison, sides.decisions)
    return Rebuilding(tuple(changes_of(consensus, rows, sides.vocabulary)))


def _refuse_open(sides: SideBySide) -> None:
    """Refuse while there are differences that nobody has decided, and name them."""
    waiting = sides.open_items
    if not waiting:
        return
    titles = sides.comparison.titles
    named = [
        f"{titles[item.pair.path]}: {item.field.label}" if item.field else titles[item.pair.path]
        for item in waiting[:NAMED_AT_MOST]
    ]
    more = f"; and {len(waiting) - NAMED_AT_MOST} more" if len(waiting) > NAMED_AT_MOST else ""
    count = f"{len(waiting)} difference{' is' if len(waiting) == 1 else 's are'}"
    raise ValidationError(f"{count} not decided yet: {'; '.join(named)}{more}.")


def _make(
    by: User,
    study: Study,
    rows: Sequence[MergedRow],
    vocabulary: Vocabulary,
    said: str,
    *,
    rebuild: bool,
    reason: str,
) -> Extraction:
    """Write the rows into the consensus and complete it."""
    found = Extraction.objects.filter(study=study, is_consensus=True).select_related("completed_by").first()
    if found is not None:
        _refuse_duplicate(found, rebuild=rebuild, reason=reason)
        found.study = study
    consensus = found or _new_consensus(by, study)
    Writer(by, consensus, vocabulary, said).write(rows)
    consensus.status = COMPLETE
    consensus.completed_at, consensus.completed_by = timezone.now(), by
    return record(
        by=by, row=consensus, reason=f"built again: {reason.strip()}"[:100] if found else f"built: {said}"[:100]
    )


def _refuse_duplicate(found: Extraction, *, rebuild: bool, reason: str) -> None:
    if not rebuild:
        when = f" on {date_format(found.completed_at, 'j F Y, H:i')}" if found.completed_at else ""
        by = f" by {found.completed_by}" if found.completed_by else ""
        raise ValidationError(
            f"“{found.study}” already has a consensus, built{by}{when}. Look at it first; building it again needs a "
            "reason."
        )
    check_reason(reason, missing="Say why the consensus is built again; what it says now stays in its history.")


def _new_consensus(by: User, study: Study) -> Extraction:
    """Open the consensus; of two people at once one gets a sentence."""
    row = Extraction(study=study, is_consensus=True, form=form_in_force(by=by, review=study.review))
    try:
        with transaction.atomic():
            return record(by=by, row=row)
    except IntegrityError as error:
        raise ValidationError(
            f"“{study}” was given a consensus by somebody else at this moment; look at it."
        ) from error
