"""The pages of mock tests in a center's administration. The sidebar has them in the order in which they are registered."""

from apps.mock_tests.admin import tests  # isort: skip
from apps.mock_tests.admin import papers  # isort: skip
from apps.mock_tests.admin import files  # isort: skip
from apps.mock_tests.admin import profiles  # isort: skip
from apps.mock_tests.admin import bank  # isort: skip

__all__ = ["bank", "files", "papers", "profiles", "tests"]
