"""The one editor for rich text in the admin. Without scripts the text can still be edited, as it is stored."""

from __future__ import annotations

from typing import Any

from django.forms.widgets import Media, Script
from django.urls import reverse
from unfold.widgets import UnfoldAdminTextareaWidget


class RichTextWidget(UnfoldAdminTextareaWidget):
    """A text with a toolbar. ``shelf`` names the address at which pictures are listed and added."""

    def __init__(self, attrs: dict[str, Any] | None = None, *, shelf: str = "") -> None:
        super().__init__({"data-rich-text": "", "rows": 10, **(attrs or {})})
        self.shelf = shelf

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["data-label"] = name.replace("_", " ")
        if self.shelf:
            context["widget"]["attrs"]["data-shelf"] = reverse(self.shelf)
        return context

    @property
    def media(self) -> Media:
        return Media(css={"all": ["web/editor/editor.css"]}, js=[Script("web/editor/editor.js", type="module")])  # type: ignore[list-item]
