from typing import Any

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "apps.audit"
    verbose_name = "Audit"

    def ready(self) -> None:
        from apps.core import adminsite

        adminsite.act_heard.append(_record_act)


def _record_act(row: Any, label: str) -> None:
    """A button of the admins, whether its operation leaves an entry of its own or not."""
    from apps.audit import operations

    operations.record(
        action="admin.act", subject=row._meta.model_name, subject_id=row.pk, name=str(row), after={"kind": label}
    )
