"""How workers are started: one for everything, or a second one for what may take long."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from analysis.management.stack import Ports
from analysis.management.stack.services import all_workers
from config.celery import app

ROOT = Path(__file__).resolve().parents[2]
ENV = {"BROKER_URL": "redis://127.0.0.1:1/0"}
PORTS = Ports(web=1, postgres=2, redis=3)
QUEUES = ["dispatch", "short", "long"]


def queues_of(command: tuple[str, ...]) -> str | None:
    return command[command.index("--queues") + 1] if "--queues" in command else None


def test_stack_has_one_worker_for_everything():
    (worker,) = all_workers(PORTS, ENV, workers=2, long_workers=0)
    assert (worker.name, worker.says, queues_of(worker.command)) == ("worker", "2 processes", None)


def test_stack_with_long_workers_has_two_that_share_the_queues():
    worker, long_worker = all_workers(PORTS, ENV, workers=2, long_workers=3)
    assert (queues_of(worker.command), queues_of(long_worker.command)) == ("dispatch,short", "long")
    assert (worker.name, long_worker.name) == ("worker", "worker-long")
    assert long_worker.says == "3 processes for long"
    names = [each.command[each.command.index("--hostname") + 1] for each in (worker, long_worker)]
    assert names[0].startswith("quorum-3@")
    assert names[1].startswith("quorum-long-3@")


def test_worker_that_is_told_nothing_takes_from_all_queues_in_their_order():
    assert list(app.amqp.queues.consume_from) == QUEUES
    assert [settings.DISPATCH_QUEUE, settings.SHORT_QUEUE, settings.LONG_QUEUE] == QUEUES
    assert app.conf.broker_transport_options["queue_order_strategy"] == "priority"


@pytest.mark.parametrize(
    ("task", "queue"),
    [
        ("analysis.compute_run", "short"),
        ("analysis.compute_part", "long"),
        ("analysis.advance_after", "dispatch"),
        ("analysis.advance_refresh", "dispatch"),
        ("analysis.sweep", "dispatch"),
        ("analysis.run_due", "dispatch"),
        ("analysis.deliver_due", "dispatch"),
    ],
)
def test_task_goes_to_its_queue_where_its_message_says_none(task, queue):
    assert app.amqp.router.route({}, task)["queue"].name == queue


def test_every_task_of_beat_goes_to_a_queue_that_workers_take_from():
    for entry in app.conf.beat_schedule.values():
        assert app.amqp.router.route(entry.get("options", {}), entry["task"])["queue"].name in QUEUES


@pytest.mark.parametrize("path", ["deploy/compose.yaml", "deploy/systemd/quorum-worker.service"])
def test_deployed_worker_takes_from_all_queues_unless_it_is_told_otherwise(path):
    text = (ROOT / path).read_text()
    assert ",".join(QUEUES) in text
    assert re.search(r"--queues\W+\$\{WORKER_QUEUES", text)


@pytest.mark.parametrize("path", ["deploy/compose.yaml", "deploy/systemd/quorum-worker-long.service"])
def test_worker_for_long_work_takes_only_that_and_is_not_started_by_itself(path):
    text = (ROOT / path).read_text()
    assert re.search(r"quorum-long@%+h\W+--queues\W+long\b", text)
    assert (
        'profiles: ["long"]' in text or "quorum-worker-long" not in (ROOT / "deploy/systemd/quorum.target").read_text()
    )
