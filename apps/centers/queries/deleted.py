from __future__ import annotations

from django.db.models import Q, QuerySet

from apps.centers.models import DeletedCenter


def list_deleted(*, search: str = "") -> QuerySet[DeletedCenter]:
    """Centers that are no more, the last one first; ``search`` looks at name and slug."""
    found = DeletedCenter.objects.all()
    return found.filter(Q(name__icontains=search) | Q(slug__icontains=search)) if search else found
