"""The Celery application: workers that compute runs where a broker is configured (`make worker`)."""

import os
from typing import Any

from celery import Celery
from celery.contrib.django.task import DjangoTask
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class ConnectedTask(DjangoTask):
    """A task that goes on with the database connection of the one before it, unless that is old or was cut."""

    abstract = True

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Run the task; in a worker, with a connection that is alive."""
        if not self.request.called_directly:
            close_old_connections()
        return super().__call__(*args, **options)


app = Celery("quorum", task_cls=ConnectedTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(related_name="clock")
