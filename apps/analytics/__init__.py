"""Dashboards: of the platform for its owners, and of a center for each of its people.

Owns: the projection of centers in the public schema (one row of figures per center, one per center and day), which
centers push themselves; the figures of each role's first page.

Promises: the owners' dashboard never looks into a center's schema and costs the same however many there are; figures
follow a change by seconds; rebuilt ones are equal to those that followed events.

Announces: FiguresDue. Listens to: what changes people, groups, tests, rooms, attempts and files of a center.
"""
