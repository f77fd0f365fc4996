"""Beat's own part: a scheduler that goes on when the clock of its machine is put back."""

from typing import Any

from celery.beat import PersistentScheduler


class SteadyScheduler(PersistentScheduler):
    """Celery's scheduler, but that it does not wait until a clock that was put back has caught up."""

    def tick(self, *args: Any, **options: Any) -> float:
        """Ring what is due; a time that lies in the future is one of a clock that was wrong, and counts as now."""
        for entry in self.schedule.values():
            now = entry.default_now()
            if entry.last_run_at is not None and entry.last_run_at > now:
                entry.last_run_at = now
                self._heap = None
        seconds: float = super().tick(*args, **options)
        return seconds
