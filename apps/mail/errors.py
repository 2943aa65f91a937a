from __future__ import annotations

from apps.core.errors import Conflict, Invalid, NotFound


class AddressRefused(Invalid):
    code = "address_refused"
    message = "This is not an address that mail can be sent to."


class MailNotFound(NotFound):
    code = "not_found"


class NotGivenUp(Conflict):
    code = "not_given_up"
    message = "Only a letter that was given up can be sent again."
