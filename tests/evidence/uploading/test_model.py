"""The rules of an upload, twice: `full_clean` speaks, and the database itself refuses."""

from typing import Any

import pytest
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from evidence.models import Upload
from tests.factories import make_user
from tests.teamwork_factories import make_change_batch, make_upload

pytestmark = pytest.mark.django_db

BROKEN = [
    ("upload_confirmed_at_with_confirmed_by", {"confirmed_at": timezone.now}, NON_FIELD_ERRORS, "Say who confirmed"),
    ("upload_loaded_at_with_loaded_by", {"loaded_by": make_user}, NON_FIELD_ERRORS, "Say who loaded"),
    ("upload_loaded_has_a_date", {"status": "loaded"}, "status", "What is loaded has a date"),
    ("upload_loaded_has_a_date", {"loaded_at": timezone.now, "loaded_by": make_user}, "status", "and nothing else"),
    ("upload_act_is_loaded", {"act": make_change_batch}, "act", "Only what is loaded"),
]


@pytest.mark.parametrize(("name", "bad", "at", "says"), BROKEN)
def test_rule_speaks_and_is_held_by_the_database(name: str, bad: dict[str, Any], at: str, says: str) -> None:
    upload = make_upload()
    values = {field: value() if callable(value) else value for field, value in bad.items()}
    for field, value in values.items():
        setattr(upload, field, value)
    with pytest.raises(ValidationError) as refused:
        upload.full_clean()
    assert any(says in sentence for sentence in refused.value.message_dict[at])
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Upload.objects.filter(pk=upload.pk).update(**values)


def test_every_rule_has_a_case() -> None:
    assert {name for name, *_ in BROKEN} == {one.name for one in Upload._meta.constraints}
