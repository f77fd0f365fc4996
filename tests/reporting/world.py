"""A review with results and a manuscript, for tests of writing and of files; checked in itself."""

from dataclasses import dataclass
from typing import Any

import pytest

from analysis.models import Analysis, Block, Manuscript, Snapshot
from analysis.services import refresh, save_analysis
from analysis.services.manuscripts import begin_manuscript, save_block
from evidence.models import Report, Study
from tests import factories
from tests.analysis.test_admin_world import World, make_world

pytestmark = pytest.mark.django_db

CITATION = "Aasa B, Berglund L. Low-load exercise: a trial. J Back Pain. 2015;45(2):77-85. doi:10.1000/back.2015"
HOSTILE = "<script>alert(1)</script> & \\input{secret} 50% _under_ $x$ | [x](y) `z`"


@dataclass
class Written:
    """A world with a snapshot and a manuscript."""

    world: World
    snapshot: Snapshot
    manuscript: Manuscript

    @property
    def slug(self) -> str:
        """The short name of the analysis."""
        return self.snapshot.analysis.slug

    def add(self, kind: str, **fields: Any) -> Block:
        """Add a block to the end."""
        block = Block(manuscript=self.manuscript, kind=kind, **fields)
        return save_block(by=self.world.owner, block=block)

    def text(self, words: str, **fields: Any) -> Block:
        """Add a text, in which # stands for the short name of the analysis."""
        return self.add("text", text=words.replace("#", self.slug), **fields)

    def another_snapshot(self) -> Snapshot:
        """Let a study come in, and run the analysis again."""
        self.world.add_studies(1)
        done = refresh(by=self.world.owner, analysis=self.snapshot.analysis)
        assert done.snapshot is not None
        assert done.is_new
        return done.snapshot


def make_written(k: int = 3, *, is_whole: bool = False, steps: dict[str, Any] | None = None) -> Written:
    """Make a review with k studies that are pooled, and a manuscript."""
    world = make_world(k)
    add_report(world.review.studies.first())
    analysis = world.analysis() if steps is None else _with_steps(world, steps)
    snapshot = world.snapshot(analysis)
    fields = {"title": "Exercise for pain", "slug": "exercise", "is_whole": is_whole}
    return Written(world, snapshot, begin_manuscript(by=world.owner, review=world.review, **fields))


def _with_steps(world: World, steps: dict[str, Any]) -> Analysis:
    row = Analysis(review=world.review, slug="chosen", title="Chosen steps", rules=world.rules())
    return save_analysis(by=world.owner, analysis=row, steps=steps)


def add_report(study: Study | None, citation: str = CITATION) -> Report:
    """Give a study a report."""
    assert study is not None
    return factories.make_report(study, citation=citation)


def test_world_has_a_manuscript() -> None:
    written = make_written(is_whole=True)
    assert written.manuscript.blocks.filter(kind="figure").exists()
    assert written.another_snapshot().number == 2
