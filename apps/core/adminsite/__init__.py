"""The two admins: the owners' on the main host, a center's own on each of its hosts. They share code, never rows.

A row is read as it is; whatever changes one is an operation of its app. ``RowAdmin`` shows and refuses by default:
``can_add`` and ``can_change`` let a form through to ``added`` and ``changed``, which call an operation, and ``@act``
makes a button of one. A refusal is shown where a person can do something about it, never as an error page.
"""

from __future__ import annotations

from unfold.enums import ActionVariant

from apps.core.adminsite.rows import RowAdmin, RowForm, RowInline, act, act_heard, pretty
from apps.core.adminsite.sites import HostSite, center_site, main_site

__all__ = [
    "ActionVariant",
    "HostSite",
    "RowAdmin",
    "RowForm",
    "RowInline",
    "act",
    "act_heard",
    "center_site",
    "main_site",
    "pretty",
]
