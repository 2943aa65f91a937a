"""Sittings: the attempt, its clock, the answer journal, the sheet, and the marks.

Owns: attempts, the ledger of their time, the append-only journal of answers, refused late answers, frozen sheets with
receipts, item marks, and what screens noticed meanwhile (advice: nothing follows from it by itself).

Promises: an acknowledged answer is committed before the acknowledgement leaves; one open attempt per student and room;
an attempt is closed exactly once, on time by the database's clock, whether or not anybody is there; marks are a pure
function of sheet, key and profile.

Announces: AttemptStarted, AttemptSubmitted, AttemptGraded, AttemptTimeUp.
Listens to: its own AttemptSubmitted and AttemptTimeUp, AssignmentClosed, AssignmentFinalised.
"""
