from __future__ import annotations

from apps.core.errors import Invalid


class AddressRefused(Invalid):
    code = "address_refused"
    message = "This is not an address that mail can be sent to."
