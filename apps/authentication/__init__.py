"""People, roles, credentials and sessions. The same tables hold a center's people and, in the public schema, owners.

Owns: users, invitations, sessions with their refresh tokens, socket tickets; registration, approval, reset, verification.

Promises: an e-mail is unique inside its center; refresh tokens are kept only as hashes, work once, and a second use
revokes the session; logout, deactivation, role and password changes end access tokens and sockets at once; a wrong
sign-in tells nothing about whether the person exists, nor does registering or asking for a new password; a code or a
link works once, here, in time; who registers without an invitation is a student, and waits.

Announces: UserRegistered, UserApproved. Listens to: its own UserApproved. Letters: confirm_email,
has_account, password_reset, approved, invitation.
"""
