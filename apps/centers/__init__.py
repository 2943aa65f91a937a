"""The center: a tenant with its domains, its plan and its life from opening to archive.

Owns: centers, domains and the claims to them, the recorded template that new centers are made from; creating, migrating
and checking schemas; contact requests; the owners' copies of directors.

Promises: a center is made in one transaction, whole or not at all, equal to a migrated one; a failed creation is
visible and can be tried again; a slug can never become anything but a plain schema name; a domain leads to the one
center that proves it; what a plan does not allow is refused with what it allows.

Announces: CenterOpened, CenterSuspended, CenterClosed, ProvisioningFailed, ContactRequested, PlanChanged, PlanEnding,
PlanEnded (in the public schema); DomainFailed (in the center's).
Listens to: nothing.
"""
