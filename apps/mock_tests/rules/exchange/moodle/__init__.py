"""Moodle XML, and what every format says in Moodle's elements."""
