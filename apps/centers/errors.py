from __future__ import annotations

from apps.core.errors import Conflict, Forbidden, Invalid, NotFound


class CenterNotFound(NotFound):
    code = "not_found"


class CenterSuspended(Forbidden):
    code = "center_suspended"
    message = "This center is suspended: nobody can sign in or start an exam until it is active again."


class CenterRefused(Invalid):
    code = "invalid"


class SlugRefused(Invalid):
    code = "slug_refused"
    message = "A slug is 3 to 41 characters of a-z, 0-9 and _, begins with a letter and is not a reserved word."


class CenterExists(Conflict):
    code = "center_exists"
    message = "A center with this slug or domain exists already."


class CenterArchived(Conflict):
    code = "center_archived"
    message = "This center is archived."


class TemplateMissing(Conflict):
    code = "template_missing"
    message = "New centers cannot be made before the template is recorded; run migrate_tenants."


class TemplateUnsupported(Conflict):
    code = "template_unsupported"
    message = "A migration made something that cannot be recorded."
