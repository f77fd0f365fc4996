"""What waits for each person, as one e-mail a day; nothing waits, nothing is sent."""

from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import get_connection
from django.core.mail.message import EmailMessage

from evidence.models import Assignment, Review
from evidence.services.assigning import Duty, duties_of

SUBJECT = "Quorum: {count} open {tasks}{late}"
LATE = ", {count} late"
LINE = "- {task}: {study}{due}{late}"
ENDING = "You get this because you are asked to do these in Quorum. What is done is no longer listed."


def write_digests() -> Iterator[EmailMessage]:
    """Give the message of each person for whom something waits and who has an address."""
    duties: dict[User, list[Duty]] = {}
    for duty in duties_of(reviews=Review.objects.all()):
        person = duty.assignment.assignee
        if duty.state != Assignment.State.DONE and person.email and person.is_active:
            duties.setdefault(person, []).append(duty)
    for person, own in duties.items():
        yield _message(person, own)


def send_digests() -> int:
    """Send them through the mail server of the settings; give how many were sent."""
    messages = list(write_digests())
    return get_connection().send_messages(messages) or 0 if messages else 0


def _message(person: User, duties: list[Duty]) -> EmailMessage:
    late = sum(duty.is_late for duty in duties)
    subject = SUBJECT.format(
        count=len(duties),
        tasks="task" if len(duties) == 1 else "tasks",
        late=LATE.format(count=late) if late else "",
    )
    reviews = {duty.assignment.study.review: None for duty in duties}
    parts = [f"Dear {person.get_full_name() or person.get_username()},", ""]
    for review in reviews:
        parts += [str(review), *(_line(duty) for duty in duties if duty.assignment.study.review == review), ""]
    return EmailMessage(subject, "\n".join([*parts, ENDING]), settings.DEFAULT_FROM_EMAIL, [person.email])


def _line(duty: Duty) -> str:
    row = duty.assignment
    return LINE.format(
        task=row.get_task_display(),
        study=row.study,
        due=f", due on {row.due_on:%d %B %Y}" if row.due_on else "",
        late=" (late)" if duty.is_late else "",
    )
