"""Shapes of tests and all that is in them; import the module that has the one you need."""
