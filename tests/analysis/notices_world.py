"""A review whose second snapshot lets a reader conclude something else, and a host that receives webhooks."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from time import sleep

from analysis import canonical
from analysis.models import Analysis, Notice, Run, Snapshot, SnapshotRun, Webhook
from analysis.noticing import note_change
from analysis.services import refresh
from analysis.services.notifying import save_webhook, subscribe
from analysis.services.refreshing import make_dataset, take_freeze
from evidence.models import ArmResult
from evidence.services import record
from tests import factories
from tests.analysis.builders import SmallReview, make_small_review


def change_means(small: SmallReview, mean: str) -> None:
    """Give all experimental arms another mean; with 9 the comparator wins."""
    for row in ArmResult.objects.filter(arm__extraction__study__review=small.review, arm__role="experimental"):
        row.mean = Decimal(mean)
        record(by=small.owner, row=row)


def change_digits(small: SmallReview) -> None:
    """Move one mean by a hundredth of a point."""
    row = ArmResult.objects.filter(arm__extraction__study__review=small.review, week=12).earliest("pk")
    row.mean += Decimal("0.01")
    record(by=small.owner, row=row)


def snapshot_next(small: SmallReview, analysis: Analysis) -> Snapshot:
    """Bring an analysis up to date and give its snapshot."""
    done = refresh(by=small.owner, analysis=Analysis.objects.get(pk=analysis.pk))
    assert done.snapshot is not None, done.failure
    return done.snapshot


def make_changed(small: SmallReview | None = None) -> tuple[SmallReview, Notice]:
    """Give a review and the notice of its second snapshot, in which the comparator wins."""
    small = small or make_small_review()
    analysis = small.analysis()
    snapshot_next(small, analysis)
    change_means(small, "9")
    return small, Notice.objects.get(snapshot=snapshot_next(small, analysis))


def make_notice(small: SmallReview | None = None, estimates: tuple[float, ...] = (-1.0, 1.0)) -> Notice:
    """Give a notice of snapshots that are stored without computing anything."""
    small = small or make_small_review()
    analysis = small.analysis(f"stored-{factories.next_number()}")
    frozen = take_freeze(by=small.owner, review=small.review)
    dataset = make_dataset(frozen=frozen, analysis=analysis)
    notice = None
    for number, estimate in enumerate(estimates, start=1):
        result = canonical.to_text({"estimate": estimate})
        digest = canonical.digest_of([analysis.slug, number])
        run = Run(key=digest, dataset=dataset, plugin="pooling", params="{}", requested_by=small.owner, result=result)
        run.status = Run.Status.SUCCEEDED
        run.save()
        parts = {"analysis": analysis, "freeze": frozen.freeze, "dataset": dataset, "made_by": small.owner}
        snapshot = Snapshot(number=number, digest=digest, manifest="{}", **parts)
        snapshot.save()
        SnapshotRun(snapshot=snapshot, run=run).save()
        notice = note_change(snapshot)
    assert notice is not None
    return notice


def hook(small: SmallReview, url: str) -> tuple[Webhook, str]:
    """Give a webhook of the review, and its secret."""
    row = Webhook(review=small.review, url=url)
    return row, save_webhook(by=small.owner, webhook=row)


def owner_with_mail(small: SmallReview) -> SmallReview:
    """Give the review's owner an e-mail address, and ask for e-mails in their name."""
    small.owner.email = "owner@example.org"
    small.owner.save()
    subscribe(by=small.owner, review=small.review, by_email=True)
    return small


def later(**delta: float) -> datetime:
    """Give a moment from now."""
    return datetime.now(UTC) + timedelta(**delta)


class Receiver(HTTPServer):
    """A host that keeps what it is sent and answers as it is told."""

    def __init__(self, *, status: int = 200, location: str = "", drip: float = 0.0) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.location, self.drip = status, location, drip
        self.received: list[tuple[str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}/hook?team=1"

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        """Keep the message, then answer."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, dict(self.headers.items()), body))
        if self.server.drip:
            self._drip()
            return
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.end_headers()

    def _drip(self) -> None:
        """Answer one letter at a time, never to an end."""
        for letter in b"HTTP/1.1 200 OK" + b"." * 200:
            self.wfile.write(bytes([letter]))
            self.wfile.flush()
            sleep(self.server.drip)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def receiving(**answers: object) -> Iterator[Receiver]:
    """Let a receiver listen."""
    server = Receiver(**answers)  # type: ignore[arg-type]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
