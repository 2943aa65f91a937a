"""The center: a tenant with its domains, its plan and its life from opening to archive.

Owns: centers, domains, the recorded template that new centers are made from; creating, migrating and checking schemas.

Promises: a center is made in one transaction, whole or not at all, equal to a migrated one; a failed creation is
visible and can be tried again; a slug can never become anything but a plain schema name.

Announces: CenterOpened, CenterSuspended, CenterClosed, ProvisioningFailed (in the public schema).
Listens to: nothing.
"""
