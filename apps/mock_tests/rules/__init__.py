"""Rules of mock tests: pure functions over frozen values, without Django, clock or database."""
