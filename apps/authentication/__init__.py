"""People, roles, credentials and sessions. The same tables hold a center's people and, in the public schema, owners.

Owns: users, sessions with their refresh tokens, socket tickets.

Promises: an e-mail is unique inside its center; refresh tokens are kept only as hashes, work once, and a second use
revokes the session; logout, deactivation, role and password changes end access tokens and sockets at once; a wrong
sign-in tells nothing about whether the person exists.

Announces: UserRegistered, UserApproved. Listens to: nothing.
"""
