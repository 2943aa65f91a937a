"""Texts of questions: the HTML that is kept, and what others write brought into it."""
