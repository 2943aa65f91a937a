from __future__ import annotations

from apps.core.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unavailable


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


class DomainNotFound(NotFound):
    code = "not_found"


class DomainInvalid(Invalid):
    code = "domain_refused"
    message = "A center cannot have this domain."


class DomainTaken(Conflict):
    code = "domain_taken"
    message = "Another center holds this domain, and its record is still there."


class DomainClaimed(Conflict):
    code = "domain_claimed"
    message = "This center has added this domain before."


class TooManyDomains(Conflict):
    code = "too_many_domains"
    message = "A center can have ten domains of its own; remove one first."


class DomainUnproven(Conflict):
    code = "domain_unproven"
    message = "The record that proves this domain was not found. New records can take some minutes to be seen."


class DomainsSilent(Unavailable):
    code = "dns_unavailable"
    message = "The DNS does not answer at the moment. Please try again."


class DomainNotServed(Conflict):
    code = "domain_not_served"
    message = "Only a verified domain can be the primary one."


class PlatformDomain(Conflict):
    code = "platform_domain"
    message = "The address that the platform gave this center stays."


class ContactInvalid(Invalid):
    code = "invalid"


class RequestOpen(Invalid):
    code = "request_open"
    message = "We have a request with this phone number already and will call."


class TooManyRequests(TooMany):
    code = "too_many_requests"
    message = "Too many requests from here. Please try again later."


class RequestNotFound(NotFound):
    code = "not_found"


class AdminNotFound(NotFound):
    code = "not_found"


class PlanLimitReached(Conflict):
    """``details`` hold the limit, what it allows, how much is in use, and the plan."""

    code = "plan_limit_reached"
    message = "The plan of this center does not allow more of this."


class PlanRefused(Invalid):
    code = "invalid"


class CenterUnready(Conflict):
    code = "center_unready"
    message = "This center is not ready: its schema is missing or half migrated."


class CenterFixed(Invalid):
    code = "center_fixed"
    message = "People belong to one center; make a new admin in the other one."


class CenterBusy(Conflict):
    code = "center_busy"
    message = "This center is just being restored or deleted."


class ExportRefused(Invalid):
    """A file that no center can be restored from."""

    code = "export_refused"
    message = "No center can be restored from this file."


class NotAnExport(ExportRefused):
    code = "not_an_export"
    message = "This is not the export of a center."


class ExportDamaged(ExportRefused):
    code = "export_damaged"
    message = "This export is damaged: it was cut off or changed on its way."


class ExportForeign(ExportRefused):
    code = "export_foreign"
    message = "This export comes from an installation whose key is not known here; CENTER_EXPORT_KEYS may name it."


class ExportTampered(ExportRefused):
    code = "export_tampered"
    message = "This export was changed after it was made: its seal does not fit."


class ExportNewer(ExportRefused):
    code = "export_newer"
    message = "This export was made by a newer version of the program; update this one first."


class ExportUnfit(ExportRefused):
    code = "export_unfit"
    message = "This export does not hold what it says."


class ExportTooLarge(ExportRefused):
    code = "export_too_large"
    message = "This file is larger than exports may be here."


class ExportGone(NotFound):
    code = "not_found"
    message = "There is no kept export with this id."


class WrongConfirmation(Invalid):
    code = "wrong_confirmation"
    message = "This is not the slug of the center that would be deleted."
