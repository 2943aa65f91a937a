from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.expressions import DatabaseDefault

from apps.mock_tests.rules.texts.richtext import POLICY_VERSION

FIRST_POLICY = "1"
"""Under which rows were cleaned that did not say it."""


class TextPolicyField(models.CharField):  # type: ignore[type-arg]
    """Under which version of the rules of ``rules.texts.richtext`` the texts of a row were cleaned. A new row says the
    present one by itself; a copy says what its original says."""

    def __init__(self, **options: Any) -> None:
        given = {"max_length": 8, "db_default": FIRST_POLICY, "editable": False, **options}
        super().__init__(help_text="Under which rules its texts were cleaned.", **given)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        if add and isinstance(getattr(model_instance, self.attname), DatabaseDefault):
            setattr(model_instance, self.attname, POLICY_VERSION)
        return super().pre_save(model_instance, add)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, _, args, options = super().deconstruct()
        options.pop("help_text", None)
        return name, "django.db.models.CharField", args, options
