"""What changed since a rating, whose independent rating may be seen, and how far two raters agree."""

from dataclasses import dataclass

from django.contrib.auth.models import User

from analysis import canonical
from analysis.models import DOMAINS, Analysis, Certainty, Run, Snapshot
from analysis.models.certainty import RATE_UPS, IndependentRating
from analysis.services.rating import RATERS, own_ratings

NO_GRADE = "the analysis no longer runs GRADE"
OWN_DATASET = "the effects or what is known of the studies"
OWN_PARAMS = "the thresholds of GRADE"
OWN_RULES = "the rules of GRADE ({} then, {} now)"
NO_LONGER = "{} is not run any more"
NEWLY = "{} is run now"
RESULTS_OF = "the results of {}"


def changes_since(certainty: Certainty, snapshot: Snapshot) -> tuple[str, ...]:
    """Give what differs between the results that a rating looked at and those of a snapshot; nothing if it is fresh."""
    now = snapshot.runs.filter(plugin="grade").first()
    then = certainty.run
    if now is None:
        return (NO_GRADE,)
    if now.key == then.key:
        return ()
    said = [OWN_DATASET] if now.dataset_id != then.dataset_id else []
    said += [OWN_PARAMS] if now.params != then.params else []
    if now.plugin_version != then.plugin_version:
        said.append(OWN_RULES.format(then.plugin_version, now.plugin_version))
    return (*said, *_upstream_changes(then, now))


def _upstream_changes(then: Run, now: Run) -> list[str]:
    """Give the results that two runs read and that differ."""
    old, new = canonical.from_text(then.upstream), canonical.from_text(now.upstream)
    said = []
    for name in sorted(set(old) | set(new)):
        words = name.replace("_", " ")
        if name not in new:
            said.append(NO_LONGER.format(words))
        elif name not in old:
            said.append(NEWLY.format(words))
        elif old[name] != new[name]:
            said.append(RESULTS_OF.format(words))
    return said


@dataclass(frozen=True, slots=True)
class OwnRatings:
    """The independent ratings of one run, as one person may see them.

    `count` tells how many have rated; `visible` holds the person's own rating, and all of them from two on.
    """

    count: int
    own: IndependentRating | None
    visible: tuple[IndependentRating, ...]

    @property
    def is_complete(self) -> bool:
        """Whether two have rated, so that a consensus can be found."""
        return self.count >= RATERS


def ratings_seen_by(user: User, analysis: Analysis, run: Run) -> OwnRatings:
    """Give the independent ratings of a run without showing a rater what the other one thinks too early."""
    rows = own_ratings(analysis, run)
    own = next((row for row in rows if row.rated_by_id == user.pk), None)
    visible = rows if len(rows) >= RATERS else [row for row in rows if row == own]
    return OwnRatings(count=len(rows), own=own, visible=tuple(visible))


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two raters compare: each row is (name, title, first, second); levels down or up."""

    rows: tuple[tuple[str, str, int, int], ...]
    is_same_certainty: bool

    @property
    def agreed_count(self) -> int:
        """How many domains and reasons both rate alike."""
        return sum(first == second for _, _, first, second in self.rows)


def compare_ratings(first: IndependentRating, second: IndependentRating) -> Agreement:
    """Give how far two ratings agree, domain by domain."""
    titles = DOMAINS | {name: title for name, (title, _) in RATE_UPS.items()}
    levels = (first.levels, second.levels)
    rows = tuple((name, title, levels[0][name], levels[1][name]) for name, title in titles.items())
    return Agreement(rows=rows, is_same_certainty=first.level == second.level)
