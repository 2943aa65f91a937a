"""Long work: a row that shows how far it has come, made when it is asked for and carried out by a worker.

Owns: jobs, in the schema in which they were asked for: owners' in the public one, a center's in its own; their files.

Promises: a job is carried out by one worker at a time; a worker that dies gives it up at once, and another one begins it
again; after three such deaths it has failed, visibly. A file that a job leaves behind is private and expires.

An app that has long work registers it with ``operations.works`` in its ``tasks.py``, and asks for it with
``operations.ask`` in the transaction of whatever asks.

Announces: JobDue, an alarm to itself.
Listens to: JobDue.
"""
