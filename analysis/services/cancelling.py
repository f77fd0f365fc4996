"""Cancelling a request for an analysis: what is not computed yet, and nobody else waits for, is not computed."""

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from analysis.dispatching import end_request
from analysis.models import Refresh, RefreshEnd, Run
from analysis.models.database_clock import read_clock
from evidence.permissions import Act, require

AT_ITS_END = "The request has come to its end already; there is nothing to cancel."
CANCELLED = "{by} cancelled the request."


@transaction.atomic
def cancel(*, by: User, refresh: Refresh) -> RefreshEnd:
    """End a request before its runs are computed; what a worker computes at this moment is dropped.

    Runs that another request waits for go on. Asking for the analysis again queues what was cancelled.

    Raises
    ------
    NotAllowed : the person's role does not cover it
    ValidationError : the request has come to its end
    """
    require(by, Act.ANALYSE, refresh.analysis.review)
    if RefreshEnd.objects.filter(refresh=refresh).exists():
        raise ValidationError(AT_ITS_END)
    sentence = CANCELLED.format(by=by)
    end = end_request(refresh, outcome=RefreshEnd.Outcome.CANCELLED, says=sentence)
    if end.outcome != RefreshEnd.Outcome.CANCELLED:
        raise ValidationError(AT_ITS_END)
    others = Refresh.objects.filter(end__isnull=True).exclude(pk=refresh.pk)
    wanted = {key for other in others.only("run_keys") for key in other.keys}
    keys = [key for key in refresh.keys if key not in wanted]
    Run.objects.cancel(keys, now=read_clock(), by=str(by)[:120], sentence=sentence)
    return end
