"""The queue's door: every task takes one key and has one line."""

from celery import shared_task

from analysis import execution, publishing


@shared_task(name="analysis.compute_run")
def compute_run(key: str) -> bool:
    """Compute one run."""
    return execution.compute(key)


@shared_task(name="analysis.publish_refresh")
def publish_refresh(pk: int) -> int:
    """Publish what the runs of a refresh gave; give the number of the snapshot."""
    return publishing.publish(pk).number
