from __future__ import annotations

from apps.core.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable


class CategoryNotFound(NotFound):
    code = "not_found"


class MaterialNotFound(NotFound):
    code = "not_found"


class NotYours(Forbidden):
    code = "not_yours"
    message = "Only who made it and the center's administrators change it."


class CategoryHoldsOthers(Conflict):
    code = "category_not_empty"
    message = "There are materials of other people in it; only an administrator can remove them with it."


class MaterialRefused(Invalid):
    code = "material_refused"
    message = "This cannot be handed out."


class LinkExpired(Forbidden):
    code = "link_expired"
    message = "This link has expired; load the list that shows it again."


class FileUnavailable(Unavailable):
    code = "file_unavailable"
    message = "The file cannot be loaded at the moment; please try again."
