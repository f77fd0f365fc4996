"""Where real exports of databases lie for tests; they are not part of the project."""

import os
from pathlib import Path

from django.conf import settings

NEXT_DOOR = Path(settings.BASE_DIR).parent / "shared" / "data"
FOLDER = Path(os.environ.get("QUORUM_TEST_DATA", NEXT_DOOR)) / "test_only" / "citations"
REASON = "needs test_only/citations: QUORUM_TEST_DATA names the folder that holds it"
