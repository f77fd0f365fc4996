"""The queue's door: every task takes one key, or none, and has one line."""

from typing import Any

from celery import shared_task

from analysis import dispatching, execution


@shared_task(name=dispatching.COMPUTE_RUN)
def compute_run(key: str) -> bool:
    """Compute one run."""
    return execution.compute(key)


@shared_task(name=dispatching.COMPUTE_PART)
def compute_part(key: str) -> bool:
    """Compute one part of a run."""
    return execution.compute_part(key)


@shared_task(name=dispatching.ADVANCE_AFTER)
def advance_after(key: str) -> int:
    """Bring on the requests that wait for a run."""
    return dispatching.advance_after(key)


@shared_task(name="analysis.advance_refresh")
def advance_refresh(pk: int) -> str:
    """Bring a request one step on; give what it came to, "" while runs are under way."""
    return getattr(dispatching.advance(pk), "outcome", "")


@shared_task(name="analysis.sweep")
def sweep() -> dict[str, Any]:
    """Find what was lost and bring it to its end."""
    return dispatching.sweep_in_turn()
