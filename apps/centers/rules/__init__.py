"""Rules of centers: pure functions over frozen values, without Django, clock or database."""
