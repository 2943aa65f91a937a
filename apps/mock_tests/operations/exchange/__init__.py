"""Tests and questions from files and into files, at once or as tasks."""
