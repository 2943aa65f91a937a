from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from apps.core.events import Event


@dataclass(frozen=True, slots=True)
class MaterialShared(Event):
    """There is something new, or somebody else may see it now."""

    name: ClassVar[str] = "material.shared"

    material_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class StoreChanged(Event):
    """The center keeps more files than before, or fewer."""

    name: ClassVar[str] = "materials.store_changed"
