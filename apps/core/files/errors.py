from __future__ import annotations

from apps.core.errors import Unavailable


class StorageUnavailable(Unavailable):
    """Where files are kept does not answer, or is not what the settings say."""

    code = "storage_unavailable"
    message = "Files cannot be stored or loaded at the moment. Nothing was lost; please try again."
    retry_after = 10
