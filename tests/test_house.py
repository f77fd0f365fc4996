"""The rules of the house, held over every model and every file. A failure says what to do."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.contenttypes.fields import GenericForeignKey
from django.db import models
from simple_history.models import HistoricalChanges

from evidence.models import EvidenceRow
from evidence.models.append_only import AppendOnlyRow

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("config", "access", "evidence", "analysis", "plugins", "tests")
LONGEST_FILE, LONGEST_FUNCTION = 400, 50

# Rows that say how work stands at the moment: hints, and what is worked out from rows that are kept.
PASSING = {
    "evidence.EditingMark",
    # computed from the decisions, which are kept; made from the record, which is kept
    "evidence.ScreeningState",
    "evidence.RecordText",
    # who has a record in hand for some minutes
    "evidence.ScreeningTicket",
    # a file on its way in; what it changed is an act, whose rows are kept
    "evidence.Upload",
    # a person's key for a program, of no review; what a program was answered, kept for some days
    "evidence.AccessToken",
    "evidence.KeptAnswer",
}
# Rows that belong to one root and go with it. Everything else that is referred to stays (PROTECT or RESTRICT).
OWN_ROWS = {
    # the review and its team
    "evidence.Membership.review",
    # the study and its documents
    "evidence.Report.study",
    "evidence.Assignment.study",
    # the outcome and its time points
    "evidence.FollowUpWindow.outcome",
    # the search round and its counts
    "evidence.FlowCount.search_round",
    # the extraction and all that was read from the reports
    "evidence.Arm.extraction",
    "evidence.ContrastResult.extraction",
    "evidence.Characteristic.extraction",
    "evidence.AdverseEvent.extraction",
    "evidence.Settlement.extraction",
    # the arm, what it received and what was measured in it
    "evidence.InterventionComponent.arm",
    "evidence.ArmResult.arm",
    "evidence.AdverseEvent.arm",
    # the result and what was decided about its printed contradiction
    "evidence.Settlement.arm_result",
    "evidence.Settlement.contrast_result",
    # the assessment, its answers and judgements, and what an adjudicator decided
    "evidence.Judgement.assessment",
    "evidence.SignallingAnswer.assessment",
    "evidence.AssessmentDecision.assessment",
    # the analysis, its plugins and what is printed about it
    "analysis.Step.analysis",
    "analysis.Claim.analysis",
    # the manuscript and its parts
    "analysis.Block.manuscript",
    # the second step and its recovery codes
    "access.RecoveryCode.step",
}
# Words of STYLE.md's list "never" for numbers.
NEVER = {
    *("effect_size", "eff", "var_eff", "std_err", "ci_l", "ci_low", "lower"),
    *("pval", "zval", "I2", "Q", "TE", "ci"),
}
# Queryset writes leave no history. Each entry: "file: function", and above it why it may.
WRITES_WITHOUT_HISTORY: set[str] = {
    # new records get their history along (bulk_create_with_history); their texts and states are made of them
    "evidence/services/screening/adding.py: _create",
    # how a record of an earlier release came in, read from its history and noted beside its text
    "evidence/services/screening/arriving.py: _note_missing",
    # records of an act that is undone: each deletion gets its entry in the history along
    "evidence/services/screening/withdrawing.py: _delete_kept",
    # decisions are events, kept as they are; states are computed from them; a ticket is in hand for some minutes
    "evidence/services/screening/docket.py: write",
    "evidence/services/screening/docket.py: store",
    "evidence/services/screening/handing_out.py: _put",
}


def own_models() -> list[type[models.Model]]:
    """Give the models of the house, without the history tables."""
    found = [model for app in ("evidence", "analysis", "access") for model in apps.get_app_config(app).get_models()]
    return [model for model in found if not issubclass(model, HistoricalChanges)]


def own_files(*rooms: str) -> list[Path]:
    """Give the Python files of the rooms, without migrations."""
    files = [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]
    return [path for path in files if "migrations" not in path.parts]


def place(path: Path, node: ast.AST | None = None) -> str:
    """Give where something stands, as file and line."""
    where = path.relative_to(ROOT).as_posix()
    return where if node is None else f"{where}:{getattr(node, 'lineno', 1)}"


def nodes(*rooms: str) -> Iterator[tuple[Path, ast.AST]]:
    """Give every node of every file of the rooms."""
    for path in own_files(*rooms):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield path, node


def imported(node: ast.AST) -> list[str]:
    """Give the full names that an import statement brings in."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module or ''}.{alias.name}" for alias in node.names]
    return []


def identifiers(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Give the names that code reads, writes, takes or defines; not the methods of text such as `lower()`."""
    methods = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call) and not node.args}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node, node.id
        elif isinstance(node, ast.Attribute) and id(node) not in methods:
            yield node, node.attr
        elif isinstance(node, ast.arg | ast.keyword) and node.arg:
            yield node, node.arg
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node, node.name


def report(found: list[str], advice: str) -> None:
    """Fail with the places and what to do about them."""
    assert not found, advice + "\n  " + "\n  ".join(found)


# Models ---------------------------------------------------------------------------------------------------------------


def test_references_protect_what_they_refer_to():
    keeping = {models.PROTECT, models.RESTRICT}
    fields = [field for model in own_models() for field in model._meta.local_fields if field.many_to_one]
    fields += [field for model in own_models() for field in model._meta.local_fields if field.one_to_one]
    loose = {
        f"{field.model._meta.label}.{field.name}" for field in fields if field.remote_field.on_delete not in keeping
    }
    cascades = {
        f"{field.model._meta.label}.{field.name}" for field in fields if field.remote_field.on_delete is models.CASCADE
    }
    report(
        sorted(loose - (OWN_ROWS & cascades)),
        "Use on_delete=PROTECT. A row that belongs to one root and goes with it is listed in OWN_ROWS, with a why:",
    )
    report(sorted(OWN_ROWS - cascades), "These are listed in OWN_ROWS but cascade no more; remove the entries:")


def test_reference_to_many_goes_through_a_model_of_its_own():
    found = [
        f"{model._meta.label}.{field.name}"
        for model in own_models()
        for field in model._meta.local_many_to_many
        if field.remote_field.through._meta.auto_created
    ]
    report(found, "Give the relation a model (through=...), so that it has constraints and PROTECT:")


def test_moment_has_its_person_and_a_person_their_moment():
    found = []
    for model in own_models():
        names = {field.name for field in model._meta.local_fields}
        for name in names:
            stem, _, end = name.rpartition("_")
            partner = {"at": f"{stem}_by", "by": f"{stem}_at"}.get(end)
            if stem and partner and partner not in names:
                found.append(f"{model._meta.label}.{name} without {partner}")
    report(sorted(found), "Say who and when together: add the missing field:")


def test_moment_that_may_be_missing_is_paired_by_a_constraint():
    found = []
    for model in own_models():
        for field in model._meta.local_fields:
            stem = field.name.removesuffix("_at")
            if stem == field.name or not field.null:
                continue
            pair = {f"{stem}_at", f"{stem}_by"}
            if not any(pair <= names_in(constraint) for constraint in checks(model)):
                found.append(f"{model._meta.label}: {' and '.join(sorted(pair))}")
    report(
        found, "Add a CheckConstraint that both are filled in or both are empty (evidence.models.constraints.together):"
    )


def checks(model: type[models.Model]) -> list[models.CheckConstraint]:
    """Give the check constraints of a model."""
    return [constraint for constraint in model._meta.constraints if isinstance(constraint, models.CheckConstraint)]


def names_in(constraint: models.CheckConstraint) -> set[str]:
    """Give the fields that a constraint is about."""
    return {lookup.split("__")[0] for lookup, _ in leaves(constraint.condition)}


def leaves(condition: models.Q) -> Iterator[tuple[str, object]]:
    """Give the lookups of a condition."""
    for child in condition.children:
        if isinstance(child, models.Q):
            yield from leaves(child)
        else:
            yield child


@pytest.mark.parametrize("model", own_models(), ids=lambda model: model._meta.label)
def test_constraint_speaks_in_a_sentence(model):
    found = []
    for constraint in model._meta.constraints:
        sentence = constraint.get_violation_error_message()
        is_default = constraint.violation_error_message == constraint.default_violation_error_message
        if is_default or not re.fullmatch(r"[A-Z].{8,}\.", sentence):
            found.append(f"{constraint.name}: {sentence}")
    report(found, "Give violation_error_message a sentence for a reviewer: capital letter, what to do, full stop:")


@pytest.mark.parametrize("model", own_models(), ids=lambda model: model._meta.label)
def test_model_is_in_the_admin(model):
    assert admin.site.is_registered(model), f"Register {model._meta.label} in {model._meta.app_label}/admin."


def test_evidence_keeps_its_history_and_has_no_generic_references():
    evidence = [model for model in own_models() if model._meta.app_label == "evidence"]
    kept = [model for model in evidence if model._meta.label not in PASSING]
    report(
        [model._meta.label for model in kept if not issubclass(model, EvidenceRow | AppendOnlyRow)],
        "Derive from EvidenceRow or AppendOnlyRow, so that every change is kept and the row belongs to a review:",
    )
    generic = [
        f"{model._meta.label}.{field.name}"
        for model in own_models()
        for field in model._meta.private_fields
        if isinstance(field, GenericForeignKey)
    ]
    report(generic, "Use one nullable ForeignKey per kind and a constraint that exactly one is filled in:")


# Files ----------------------------------------------------------------------------------------------------------------


def test_files_are_short():
    found = []
    for path in own_files(*ROOMS):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > LONGEST_FILE:
            found.append(f"{place(path)}: {lines} lines")
    report(found, f"A file has at most {LONGEST_FILE} lines; split it by noun:")


def test_functions_are_short():
    found = []
    for path, node in nodes(*ROOMS):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LONGEST_FUNCTION:
                found.append(f"{place(path, node)} {node.name}: {lines} lines")
    report(found, f"A function has at most {LONGEST_FUNCTION} lines; name its parts:")


def test_modules_are_named_after_what_they_hold():
    paths = [path for room in ROOMS for path in (ROOT / room).rglob("*") if path.suffix == ".py" or path.is_dir()]
    found = [place(path) for path in paths if re.fullmatch(r"_?(utils?|helpers?|misc|common)", path.stem)]
    report(found, "Name the module after its noun:")


def test_nothing_happens_by_signal():
    banned = ("django.db.models.signals", "django.dispatch", "django.core.signals")
    found = [
        place(path, node) for path, node in nodes(*ROOMS) if any(name.startswith(banned) for name in imported(node))
    ]
    report(found, "No signals: call the service that does it:")


def test_references_are_not_generic():
    words = {"GenericForeignKey", "GenericRelation"}
    rooms = [room for room in ROOMS if room != "tests"]
    found = [
        place(path, node) for path, node in nodes(*rooms) if words & {n.rpartition(".")[2] for n in imported(node)}
    ]
    report(found, "Use a ForeignKey to a model:")


def test_models_are_imported_by_name():
    found = [
        place(path, node)
        for path, node in nodes(*ROOMS)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get_model"
    ]
    report(found, "Import the model; apps.get_model is for migrations:")


def test_imports_name_what_they_take():
    found = [
        place(path, node)
        for path, node in nodes(*ROOMS)
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
    ]
    report(found, "No star imports: name what you take:")


def test_only_execution_catches_everything():
    found = [
        place(path, node)
        for path, node in nodes(*ROOMS)
        if isinstance(node, ast.ExceptHandler)
        and catches_everything(node)
        and not place(path).startswith("analysis/execution")
    ]
    report(found, "Catch only what you can answer, by name:")


def catches_everything(handler: ast.ExceptHandler) -> bool:
    """Whether the handler answers errors that it cannot know; tidying up and raising again is no answer."""
    caught = {name for _, name in identifiers(handler.type)} if handler.type else {"BaseException"}
    last = handler.body[-1]
    passes_on = isinstance(last, ast.Raise) and last.exc is None
    return "Exception" in caught or ("BaseException" in caught and not passes_on)


def test_evidence_is_written_with_history():
    found = set()
    for path in own_files("evidence"):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef) and any(map(leaves_no_history, ast.walk(function))):
                found.add(f"{place(path)}: {function.name}")
    report(
        sorted(found - WRITES_WITHOUT_HISTORY),
        "A queryset's update and bulk writes leave no history; write row by row through evidence.services.record:",
    )
    report(sorted(WRITES_WITHOUT_HISTORY - found), "Listed in WRITES_WITHOUT_HISTORY but gone; remove the entries:")


def leaves_no_history(node: ast.AST) -> bool:
    """Whether the node calls a queryset's update (with named fields only; a dict's takes others) or a bulk write."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    is_update = node.func.attr == "update" and bool(node.keywords) and not node.args
    return is_update or node.func.attr in {"bulk_create", "bulk_update", "_raw_delete"}


# Names and arrows -----------------------------------------------------------------------------------------------------


def mathematics() -> list[Path]:
    """Give the files whose numbers have metafor's letters."""
    files = [*own_files("analysis/engine", "plugins"), *own_files("analysis/contract")]
    contract = ROOT / "analysis" / "contract.py"
    return files + ([contract] if contract.exists() else [])


def test_numbers_have_the_names_of_the_style():
    found = []
    for path in mathematics():
        allowed = {"ci"} if {"effects", "tables"} & set(path.parts) else set()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found += [f"{place(path, node)}: {name}" for node, name in identifiers(tree) if name in NEVER - allowed]
    report(sorted(set(found)), "Use the names of docs/style.md (estimate, se, ci_lower, ci_upper, p_value, i2, q ...):")


def test_evidence_knows_nothing_of_analysis():
    banned = {"numpy", "scipy", "celery", "analysis", "plugins", "config"}
    found = [
        f"{place(path, node)}: {name}"
        for path, node in nodes("evidence")
        for name in imported(node)
        if name.split(".")[0] in banned
    ]
    report(found, "Evidence holds what was found; numbers are made in analysis, which imports evidence, never back:")


def test_walk_sees_the_house():
    assert {"evidence.Review", "evidence.ArmResult"} <= {model._meta.label for model in own_models()}
    assert len(own_files(*ROOMS)) > 50
    assert len(mathematics()) > 10
