"""What every app stands on, without a single noun of the domain.

Owns: the families of refusals, events and the bus that carries them, the tenant that work is done for, rooms of
real-time news, the one door from async code to the ORM, request middleware, log records.

Promises: an announcement commits or vanishes with the change it tells of; every database call, cache key, room and
file path carries its tenant through one helper each; a half-migrated center answers 503, never another one's rows.

Announces and listens to: nothing.
"""
