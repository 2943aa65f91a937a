"""Tests as tables, one row for each question: CSV and XLSX, with pictures and recordings beside them in a zip."""
