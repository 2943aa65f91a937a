"""Classes: who studies together and who teaches them.

Owns: groups and memberships with their history. Promises: a person is an active member of a group at most once; a
full group takes nobody. Announces: MemberJoined, MemberLeft. Listens to: nothing.
"""
