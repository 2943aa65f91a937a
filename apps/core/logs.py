"""Log records that say where they belong: center and request. No answers, keys or tokens are ever logged."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from apps.core.tenancy import log_request, log_schema


class WhereFilter(logging.Filter):
    """Adds the center's schema and the request's id to each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.schema = log_schema.get()
        record.request_id = log_request.get()
        return True


class JsonFormatter(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "schema": getattr(record, "schema", "-"),
            "request_id": getattr(record, "request_id", "-"),
        }
        if record.exc_info:
            entry["trace"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)
