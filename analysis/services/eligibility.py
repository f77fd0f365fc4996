"""Who belongs into the review: rules checked over the evidence, and exceptions that somebody signs."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from analysis.contract import Fact
from analysis.derivation import study_facts
from analysis.freezing import take_content
from analysis.models import EligibilityRule, Waiver
from evidence.models import Review, Study
from evidence.permissions import Act, require

NOT_KNOWN = "not known"


class Verdict(StrEnum):
    """What a rule says of a study."""

    MET = "met"
    VIOLATED = "violated"
    NOT_KNOWN = "not_known"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says of one study; `value` in words, `waiver` the signature that still stands."""

    rule: EligibilityRule
    study: str
    label: str
    verdict: Verdict
    value: str
    waiver: Waiver | None = None

    @property
    def is_open(self) -> bool:
        """Whether the rule is broken and nobody has signed for it."""
        return self.verdict == Verdict.VIOLATED and self.waiver is None


@transaction.atomic
def save_rule(*, by: User, rule: EligibilityRule, reason: str = "") -> EligibilityRule:
    """Save a rule of eligibility.

    Raises
    ------
    NotAllowed : the person does not manage the review
    ValidationError : the condition breaks its form, names a field that studies do not have, or does not fit its values
    """
    require(by, Act.MANAGE, rule.review)
    rule.full_clean()
    list(_check([rule], take_content(rule.review), {}))
    rule.stamp(by, reason)
    rule.save()
    return rule


def check_eligibility(review: Review, *, content: dict[str, Any] | None = None) -> list[Finding]:
    """Give what each rule of a review says of each of its studies with a consensus extraction.

    Parameters
    ----------
    content : the review's evidence as `analysis.freezing.take_content` gives it, where it is at hand
    """
    rules = list(EligibilityRule.objects.filter(review=review))
    if not rules:
        return []
    waivers: dict[tuple[int, str], Waiver] = {}
    for row in Waiver.objects.filter(rule__in=rules).select_related("study", "signed_by").order_by("pk"):
        waivers[row.rule_id, row.study.code] = row
    return list(_check(rules, take_content(review) if content is None else content, waivers))


def _check(
    rules: list[EligibilityRule], content: dict[str, Any], waivers: dict[tuple[int, str], Waiver]
) -> Iterator[Finding]:
    for code, study in sorted(content["studies"].items()):
        if study["extraction"] is None:
            continue
        facts = study_facts(study, content)
        for rule in rules:
            verdict, value = _judge(rule, facts)
            waiver = waivers.get((rule.pk, code))
            stands = waiver is not None and _still_stands(waiver, rule, value)
            yield Finding(rule, code, study["label"], verdict, value, waiver if stands else None)


def _judge(rule: EligibilityRule, facts: dict[str, Fact]) -> tuple[Verdict, str]:
    condition = rule.parsed_condition
    if condition.field not in facts:
        known = ", ".join(sorted(facts))
        raise ValidationError({"condition": f"Studies have no field “{condition.field}”; they have {known}."})
    fact = facts[condition.field]
    try:
        holds = condition.holds(fact)
    except TypeError as error:
        sentence = f"“{condition.describe()}” does not fit the field, which holds {fact!r}."
        raise ValidationError({"condition": sentence}) from error
    if fact is None and condition.op not in ("is_known", "is_unknown"):
        return Verdict.NOT_KNOWN, NOT_KNOWN
    return (Verdict.MET if holds else Verdict.VIOLATED), _words(fact)


def _words(fact: Fact) -> str:
    """Give a value in words."""
    if isinstance(fact, tuple):
        return ", ".join(fact) or "none"
    if isinstance(fact, bool):
        return "yes" if fact else "no"
    return f"{fact:g}" if isinstance(fact, float) else str(fact) if fact is not None else NOT_KNOWN


def _still_stands(waiver: Waiver, rule: EligibilityRule, value: str) -> bool:
    is_same = (waiver.condition, waiver.value) == (rule.parsed_condition.describe(), value)
    return waiver.kind == Waiver.Kind.GRANTED and is_same


def waive(*, by: User, rule: EligibilityRule, study: Study, reason: str) -> Waiver:
    """Sign that a study that breaks a rule belongs into the review all the same.

    Raises
    ------
    NotAllowed : the person's role does not cover signing
    ValidationError : there is no reason, or the study does not break the rule, or it is signed for already
    """
    require(by, Act.SIGN, rule.review)
    finding = _finding(rule, study)
    if finding.verdict != Verdict.VIOLATED:
        raise ValidationError(f"{study.label} does not break the rule “{rule.title}”: nothing is to be signed.")
    if finding.waiver is not None:
        raise ValidationError(f"{study.label} is signed for already, by {finding.waiver.signed_by}.")
    return _sign(by, finding, study, Waiver.Kind.GRANTED, reason)


def withdraw_waiver(*, by: User, rule: EligibilityRule, study: Study, reason: str) -> Waiver:
    """Sign that a study that breaks a rule is no longer accepted.

    Raises
    ------
    NotAllowed : the person's role does not cover signing
    ValidationError : there is no reason, or no signature that stands
    """
    require(by, Act.SIGN, rule.review)
    finding = _finding(rule, study)
    if finding.waiver is None:
        raise ValidationError(f"Nobody has signed for {study.label} under the rule “{rule.title}”.")
    return _sign(by, finding, study, Waiver.Kind.WITHDRAWN, reason)


def _finding(rule: EligibilityRule, study: Study) -> Finding:
    if study.review_id != rule.review_id:
        raise ValidationError("The study belongs to another review than the rule.")
    found = (one for one in check_eligibility(rule.review) if one.rule == rule and one.study == study.code)
    finding = next(found, None)
    if finding is None:
        raise ValidationError(f"{study.label} has no consensus extraction yet, so that no rule can be checked.")
    return finding


@transaction.atomic
def _sign(by: User, finding: Finding, study: Study, kind: Waiver.Kind, reason: str) -> Waiver:
    row = Waiver(
        rule=finding.rule,
        study=study,
        kind=kind,
        condition=finding.rule.parsed_condition.describe(),
        value=finding.value,
        reason=reason.strip(),
        signed_by=by,
    )
    row.full_clean()
    row.save()
    return row
