"""Exam rooms and homework: which papers, for whom, when, how often, and what is shown afterwards.

Owns: exam assignments with their groups and people, window, status and policies; homework, each item of which is a room of
its own kind.

Promises: a room points at a published paper and keeps it; the clock opens and closes it, by the database's time; a
status moves forward, and back only where a person opens something again, before results are released; each move is
announced once.

Announces: TestAssigned, AssignmentOpened, AssignmentClosed, AssignmentFinalised, FinalisingWithdrawn, ResultsReleased, and
HomeworkAssigned, HomeworkChanged, HomeworkMoved, HomeworkEnding, HomeworkEnded.
Listens to: its own alarms, RoomDue and HomeworkDue.
"""
