"""The corpus: each file with the place and the code of its refusal."""

from __future__ import annotations

from tests.apps.mock_tests.hostile.moodle import MOODLE
from tests.apps.mock_tests.hostile.packages import ZIPS
from tests.apps.mock_tests.hostile.plain import PLAIN, TABLES
from tests.apps.mock_tests.hostile.qti import QTI

CASES = [*MOODLE, *PLAIN, *TABLES, *ZIPS, *QTI]
