"""Notices: a row for each person told, and the same news on their open sockets.

Owns: notices. Promises: one notice per person, type and thing, however often it is announced; read state is the
person's own. Announces: nothing. Listens to: what is opened, released, assigned, moved or shared, and what owners and
admins have to know.
"""
