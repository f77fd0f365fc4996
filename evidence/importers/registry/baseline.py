"""Age and sex at baseline as characteristics of the study; all other measures at baseline are named."""

from decimal import Decimal, InvalidOperation

from evidence.importers.naming import folded
from evidence.importers.registry.source import Part, items, text
from evidence.importers.registry.trials import Trial, denominators, results, total_group
from evidence.models import CharacteristicField

AGE_FIELDS = ("mean_age", "age_mean", "age", "mean age")
FEMALE_FIELDS = ("percent_female", "female_percent", "percent female", "female", "women")
PLACES = Decimal("0.1")


def add_baseline(trial: Trial) -> None:
    """Add mean age and percentage of women of all participants, where the record gives them for all."""
    module = results(trial, "baselineCharacteristicsModule")
    everybody = total_group(items(module, "groups"), denominators(module))
    left = []
    for measure in items(module, "measures"):
        title = text(measure, "title")
        if folded(title).startswith("age") and text(measure, "paramType") == "MEAN":
            is_kept = _add(trial, _field(trial, trial.answers.age, AGE_FIELDS), _age(measure, everybody), title)
        elif folded(title).startswith(("sex", "gender")):
            field = _field(trial, trial.answers.female, FEMALE_FIELDS)
            is_percent = field is not None and "%" in f"{field.unit}{field.name}"
            share = _female(module, measure, everybody)
            is_kept = _add(trial, field if is_percent or trial.answers.female else None, share, title)
        else:
            is_kept = False
        if not is_kept:
            left.append(title)
    if left:
        trial.building.note(f"{trial.record.number}: measures at baseline that are not read: {'; '.join(left)}.")


def _field(trial: Trial, asked: str, names: tuple[str, ...]) -> CharacteristicField | None:
    field = trial.standing.field_named(*([asked] if asked else names))
    return field if field is not None and field.kind == CharacteristicField.Kind.NUMBER else None


def _add(trial: Trial, field: CharacteristicField | None, value: str, title: str) -> bool:
    """Add a characteristic; whether there was one to add."""
    if field is None or not value:
        return False
    cells = {"study": trial.code, "field": field.code, "value": value, "table": "Baseline characteristics"}
    trial.building.row("characteristics", trial.record.line(title), cells)
    return True


def _cells(measure: Part) -> list[tuple[str, Part]]:
    """Give the measurements of a measure, each with the title of its class or category."""
    return [
        (text(category, "title") or text(one, "title"), measurement)
        for one in items(measure, "classes")
        for category in items(one, "categories")
        for measurement in items(category, "measurements")
    ]


def _age(measure: Part, everybody: str) -> str:
    unit = folded(text(measure, "unitOfMeasure"))
    found = [text(one, "value") for _, one in _cells(measure) if text(one, "groupId") == everybody and everybody]
    return found[0] if len(found) == 1 and unit in ("years", "year") and _number(found[0]) is not None else ""


def _female(module: Part, measure: Part, everybody: str) -> str:
    """Give the percentage of women among all participants, as a number."""
    counts = {folded(title): text(one, "value") for title, one in _cells(measure) if text(one, "groupId") == everybody}
    women = _number(counts.get("female", ""))
    total = _number(denominators(measure, module).get(everybody, ""))
    if not everybody or women is None or not total or text(measure, "paramType") != "COUNT_OF_PARTICIPANTS":
        return ""
    return format((100 * women / total).quantize(PLACES), "f")


def _number(words: str) -> Decimal | None:
    try:
        number = Decimal(words)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
