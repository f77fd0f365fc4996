"""Real workers: short runs do not wait for long ones, and parts of a run are computed by several of them."""

from typing import Any

import psycopg
import pytest

from tests.faults.ground import ground
from tests.faults.plant import PLUGINS, Plant

SPLITTING = {"PLUGINS": f"{PLUGINS},tests.scaling.splitting_plugin"}
ASK = """
from django.contrib.auth.models import User
from analysis.models import Analysis
from analysis.services import refresh, save_analysis
from evidence.models import Review
owner, review = User.objects.get(username=%(owner)r), Review.objects.get()
rules = {"outcome": "pain", "window": "short", "comparators": ["active"]}
row = Analysis(review=review, slug=%(slug)r, title=%(slug)r, rules=rules)
refresh(by=owner, analysis=save_analysis(by=owner, analysis=row, steps=%(steps)r))
print(json.dumps({}))
"""
ONE_GO = """
from analysis import canonical, registry
from analysis.contract import Dataset
from analysis.models import Run
run = Run.objects.get(plugin="splitting_plugin")
plugin = registry.get_plugin(run.plugin)
dataset, params = Dataset.model_validate_json(run.dataset.content), plugin.params.model_validate_json(run.params)
result = plugin.run(dataset, params.model_copy(update={"does": ""}), {}, lambda fraction, says: None)
print(json.dumps({"digest": canonical.digest_of(result.model_dump(mode="json")), "stored": run.result_digest}))
"""


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    with ground(tmp_path_factory.mktemp("ground")) as made:
        yield made


@pytest.fixture
def works(base, tmp_path):
    with base.plant(tmp_path) as made:
        made.env |= SPLITTING
        yield made


def ask(plant: Plant, slug: str, **steps: Any) -> None:
    """Save an analysis with these steps and ask for it."""
    plant.do(ASK % {"owner": plant.owner, "slug": slug, "steps": steps})


def rows(plant: Plant, query: Any) -> list[Any]:
    with psycopg.connect(plant.env["DATABASE_URL"]) as connection:
        return connection.execute(query).fetchall()


def worker(plant: Plant, queues: str = "") -> Any:
    """Start a worker with one child, of these queues or of all."""
    chosen = ("--queues", queues) if queues else ()
    return plant.start("worker", "--pool", "prefork", "--concurrency", "1", *chosen)


def is_done(state: Any) -> bool:
    return set(state["runs"].values()) == {"succeeded"} and len(state["ends"]) == state["asked"]


def test_short_run_does_not_wait_for_a_long_one(works):
    ask(works, "slow", splitting_plugin={"parts": 1, "seconds": 600.0, "folder": str(works.folder)})
    worker(works, "long")
    worker(works, "dispatch,short")
    works.wait_until(lambda state: state["runs"].get("splitting_plugin") == "running")
    ask(works, "quick", pooling={})

    state = works.wait_until(lambda state: state["snapshots"])
    assert state["runs"] == {"splitting_plugin": "running", "pooling": "succeeded"}


def test_one_worker_takes_from_all_queues_and_what_is_short_first(works):
    ask(works, "slow", splitting_plugin={"parts": 1})
    for level in (0.8, 0.9, 0.99):
        ask(works, f"quick-{level * 100:.0f}", pooling={"level": level})
    worker(works)

    works.wait_until(is_done)
    claimed = rows(works, "select plugin from analysis_run order by claimed_at")
    assert claimed == [("pooling",)] * 3 + [("splitting_plugin",)]


@pytest.mark.parametrize("count", [1, 3])
def test_result_is_the_same_for_any_number_of_workers(works, count):
    ask(works, "parts", splitting_plugin={"parts": 7, "seconds": 0.2, "seed": 5})
    for _ in range(count):
        worker(works)

    state = works.wait_until(is_done)
    assert state["attempts"]["splitting_plugin"] == 2  # split, and joined
    assert rows(works, "select distinct attempt, status from analysis_runpart") == [(1, "succeeded")]
    digests = works.do(ONE_GO)
    assert digests["digest"] == digests["stored"]


def test_worker_killed_in_the_middle_of_a_part(works):
    steps = {"parts": 5, "strange": 2, "does": "sleep", "folder": str(works.folder), "seed": 9}
    ask(works, "parts", splitting_plugin=steps)
    first = worker(works)
    works.beat()
    begun(works, part=2)
    works.kill(first)

    worker(works)
    worker(works)
    works.wait_until(is_done)
    attempts = dict(rows(works, "select number, attempt from analysis_runpart"))
    assert attempts == {1: 1, 2: 2, 3: 1, 4: 1, 5: 1}
    digests = works.do(ONE_GO)
    assert digests["digest"] == digests["stored"]


def begun(plant: Plant, *, part: int) -> None:
    """Wait until a part was begun."""
    plant.wait_until(lambda state: list(plant.folder.glob(f"part-{part}-*")))


def test_broker_emptied_between_parts(base, works):
    ask(works, "parts", splitting_plugin={"parts": 6, "seconds": 0.5, "folder": str(works.folder)})
    worker(works)
    begun(works, part=2)
    base.flush()
    works.beat()

    works.wait_until(is_done)
    digests = works.do(ONE_GO)
    assert digests["digest"] == digests["stored"]
