"""Effects, how they came about, and what is not among them."""

from analysis.contract.values import Fact, Frozen


class Step(Frozen):
    """One step from printed numbers to an effect: what was done, with which numbers, by which formula."""

    name: str
    says: str
    inputs: dict[str, float | str | None] = {}
    output: float | None = None


class Effect(Frozen):
    """One effect that can be pooled.

    `yi` is on the scale of the measure (ratios: natural log), `vi` its sampling variance. `facts` holds the fields that
    conditions and moderators refer to; `rob` the judgement by domain, "overall" among them. `columns` holds the numbers
    of the two groups by metafor's names (m1i sd1i n1i m2i sd2i n2i, or ai n1i ci n2i), in points of the outcome's
    common scale for means of a mean difference and in points of the instrument otherwise; it is empty where the effect
    itself was printed. `sources` are the rows of evidence, `lineage` the steps from them to yi and vi, `cautions` what
    a reader should know about the numbers.
    """

    id: str
    study: str
    label: str
    year: int | None = None
    yi: float
    vi: float
    n1: float | None = None
    n2: float | None = None
    week: float | None = None
    experimental: str = ""
    comparator: str = ""
    facts: dict[str, Fact] = {}
    rob: dict[str, str] = {}
    columns: dict[str, float] = {}
    sources: tuple[str, ...] = ()
    lineage: tuple[Step, ...] = ()
    cautions: tuple[str, ...] = ()


class NotPooled(Frozen):
    """A study, or one of its results, that is not among the effects, and why."""

    study: str
    label: str
    code: str
    reason: str
    sources: tuple[str, ...] = ()
