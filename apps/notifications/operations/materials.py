"""News of materials."""

from __future__ import annotations

import uuid

from apps.materials import queries as materials
from apps.notifications import rules
from apps.notifications.models import Notice
from apps.notifications.operations.telling import notify


def tell_shared(*, material_id: uuid.UUID) -> int:
    """Tell the students who may see a material that it is there; nothing if it is gone, and nobody twice. Returns how many
    were told."""
    material = materials.find_material(material_id=material_id)
    if material is None:
        return 0
    name, folder = material.name, material.category.name if material.category else ""
    return notify(
        user_ids=materials.audience_ids(material=material),
        type=Notice.Type.MATERIAL_SHARED,
        message=rules.say("material_in" if folder else "material", name=name, folder=folder),
        related_task_id=material.pk,
    )
