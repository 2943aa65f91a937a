"""The pages of mock tests in a center's administration; importing a module registers them."""

from apps.mock_tests.admin import bank, files, papers, profiles, tests

__all__ = ["bank", "files", "papers", "profiles", "tests"]
