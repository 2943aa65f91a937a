"""Exam rooms and homework: which papers, for whom, when, how often, and what is shown afterwards.

Owns: exam assignments with their groups and people, window, status and policies; homework, each item of which is a room of
its own kind.

Promises: a room points at a published paper and keeps it; the clock opens and closes it, by the database's time; a
status moves forward only, each move announced once.

Announces: TestAssigned, AssignmentOpened, AssignmentClosed, AssignmentFinalised, ResultsReleased, and HomeworkAssigned,
HomeworkChanged, HomeworkMoved, HomeworkEnding, HomeworkEnded. Listens to: its own alarms, RoomDue and HomeworkDue.
"""
