"""The bundle of a whole review as one of the files that a review leaves in."""

from collections.abc import Iterator
from tempfile import TemporaryFile

from django.core.exceptions import ValidationError

from analysis.archiving.packing import write_review_bundle
from analysis.bundling import BadBundle
from evidence.exporters.asking import Choice, Export, Order

PART = 1 << 16


def pack(order: Order) -> Iterator[bytes]:
    """Give the bundle of a review part by part.

    Raises
    ------
    NotAllowed : the person does not see the review
    ValidationError : a stored snapshot contradicts its digest, or there is nothing to pack
    """
    with TemporaryFile() as file:
        try:
            licence = str(order.choices.get("license", ""))
            write_review_bundle(by=order.by, review=order.review, file=file, licence=licence)
        except BadBundle as error:
            raise ValidationError(str(error)) from error
        file.seek(0)
        while part := file.read(PART):
            yield part


BUNDLE_EXPORT = Export(
    code="bundle",
    title="Whole review (bundle)",
    help=(
        "Evidence, plan, snapshots, figures and their digests in one file, which another Quorum loads. Snapshots hold "
        "what the readers of a study entered too, under letters and without names, once all of them are done."
    ),
    ending=".zip",
    content_type="application/zip",
    write=pack,
    choices=(Choice("license", "Licence", "Address of the licence of the data, such as that of CC BY 4.0."),),
)
