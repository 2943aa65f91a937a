"""The audit trail: who did what to which object, when and from where. One table in each schema: a center's own in the
center, the platform's in public, and what owners do to a center in both.

Owns: entries, the chain over them, and the spill that holds entries while the table cannot take them.

Promises: an entry is written in the transaction of what it tells of and vanishes with it; it never fails or holds up its
caller; entries are only appended, by the database's own word; what is changed or taken out by hand shows when the trail
is verified; no secrets, answers or keys; names and addresses can be blanked for a person who is erased, and the trail
still verifies.

Announces: nothing. Listens to: nothing; operations of the apps above call ``operations.record``.
"""
