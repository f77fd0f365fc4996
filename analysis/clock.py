"""What the clock calls: tasks that do what is due."""

from celery import shared_task

from analysis.services.notifying import deliver_due as send_notices
from analysis.services.prioritising import rank_due as put_queues_in_order
from analysis.services.scheduling import run_due as bring_up_to_date


@shared_task(name="analysis.run_due")
def run_due() -> list[str]:
    """Bring up to date what is due; give what came of each."""
    return [str(row) for row in bring_up_to_date()]


@shared_task(name="analysis.deliver_due")
def deliver_due() -> list[str]:
    """Send the e-mails and webhooks that wait; give what came of each."""
    return [str(row) for row in send_notices()]


@shared_task(name="analysis.rank_due")
def rank_due() -> list[str]:
    """Put the queues of screening in order where enough was settled since; give what came of each."""
    return [str(row) for row in put_queues_in_order()]
