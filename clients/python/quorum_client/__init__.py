"""Reviews, their evidence and their results from a Quorum site, for programs in Python.

>>> client = Client("https://quorum.example.org", token="qrm_…")
>>> client.effects("lbp", outcome="pain")
"""

from quorum_client.client import Client
from quorum_client.refusals import NotAllowed, NotFound, Refused, RuleBroken, Stale, TooMany
from quorum_client.rows import BulkDone, Job, Row, RowDone

__all__ = [
    "BulkDone",
    "Client",
    "Job",
    "NotAllowed",
    "NotFound",
    "Refused",
    "Row",
    "RowDone",
    "RuleBroken",
    "Stale",
    "TooMany",
]
