"""Live quizzes: a host leads a class through the questions of a published paper, one at a time, on everybody's screen.

Owns: sessions, their players, rounds (one per question), the journal of their answers, marks and places.

Promises: time is the database's alone; an answer is acknowledged after its commit, and every acknowledged answer is in the
journal and counts when its question is revealed; of a question that is not revealed no key leaves the server; a question
locks when its time is up, whether the host is there or not; every move happens once, however many ask for it.

Announces: QuestionTimeUp, an alarm. Listens to: its own QuestionTimeUp, UserErased.
"""
