"""Classes: who studies together and who teaches them.

Owns: groups and memberships with their history. Promises: a person is an active member of a group at most once, in the role
that they have in the center, so guests never are; a full group takes nobody, however many ask at once; who came, went or was
moved, and by whom, stays on record. Rooms are for who is in a group now: whoever leaves keeps what they have begun and their
marks, and loses what they have not begun. An archived group keeps its people and rooms and gets neither new.
Announces: MemberJoined, MemberLeft. Listens to: UserChanged (a role that is lost ends what came with it), UserRemoved and
UserErased.
"""
