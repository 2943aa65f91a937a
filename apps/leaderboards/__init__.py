"""Results as a board: who stands where, live while the room is open, final and frozen after it is closed.

Owns: the read model of results (a row per graded attempt, one of a student's rows counts), rankings with ranks and
percentiles over all, per section and per topic, live boards.

Promises: PostgreSQL is the truth and Redis a cache that is rebuilt when lost; ties share a rank; a board is pushed at
most once a second and the last state always arrives; ranks are computed by set-based SQL, whatever the number of people.

Announces: RanksFinalised. Listens to: AttemptGraded, AssignmentFinalised, FinalisingWithdrawn.
"""
