"""QTI packages: reading 2.0 to 2.2 and 3.0, writing 2.1, 2.2 and 3.0. ``docs/qti.md`` says what becomes of what.

Everything is read by the names of QTI 2: ``elements`` brings those of 3.0 (``qti-item-body``) into their form.
"""
