"""The outbox: a letter is a row, written in the transaction of the change it tells of, and sent by a worker.

Owns: mails, in one table of the public schema that names the center of each row, as the bus does: one query finds what
is due in all centers. A row holds ids, an address and a letter's name; the words are put in when it is sent.

Promises: one row per key and center; a row is handed to the mail server at most once, however many workers there are
(what was cut off in the middle is given up visibly, not sent again); links lead to the host that the center has in the
database, never to one from a request; names of people and centers are data, in headers as in HTML.

Announces: nothing. Listens to: nothing; apps above write letters with ``operations.post`` and say what stands in them
with ``letters.letter``.
"""
