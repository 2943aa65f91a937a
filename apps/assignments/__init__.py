"""Exam rooms: which paper, for whom, when, how often, and what is shown afterwards.

Owns: exam assignments with their groups and people, window, status and policies.

Promises: a room points at a published paper and keeps it; the clock opens and closes it, by the database's time; a
status moves forward only, each move announced once.

Announces: TestAssigned, AssignmentOpened, AssignmentClosed, AssignmentFinalised, ResultsReleased. Listens to: its own
alarm, RoomDue.
"""
