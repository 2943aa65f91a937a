from __future__ import annotations

import logging
import uuid
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from apps.authentication import queries as people
from apps.core.files import store, usage
from apps.groups import queries as groups
from apps.materials.errors import CategoryNotFound, FileUnavailable, MaterialNotFound
from apps.materials.models import Category, Material, StoredFile

if TYPE_CHECKING:
    from apps.authentication.models import User

log = logging.getLogger(__name__)


# -- who sees what -------------------------------------------------------------------------------------------------


def categories_for(actor: User) -> QuerySet[Category]:
    """The folders ``actor`` may see: staff all, students those for the whole center or for a group of theirs, others
    none."""
    if actor.is_center_staff:
        return Category.objects.all()
    if actor.role != actor.Role.STUDENT:
        return Category.objects.none()
    return Category.objects.filter(Q(is_public=True) | Exists(_given(Category, "category", actor)))


def materials_for(actor: User) -> QuerySet[Material]:
    """The materials ``actor`` may see: staff all; students what a folder of theirs holds, and what lies in none and is for
    the whole center or for a group of theirs; others none."""
    if actor.is_center_staff:
        return Material.objects.all()
    if actor.role != actor.Role.STUDENT:
        return Material.objects.none()
    loose = Q(category=None) & (Q(is_public=True) | Exists(_given(Material, "material", actor)))
    return Material.objects.filter(loose | Q(category__in=categories_for(actor)))


def _given(model: type[Category | Material], name: str, actor: User) -> QuerySet[Any]:
    """The rows that give one of these to a group in which ``actor`` studies."""
    links: QuerySet[Any] = model.groups.through._default_manager.all()
    return links.filter(**{name: OuterRef("pk"), "group__in": groups.groups_for(actor).values("pk")})


# -- lists and single ones -----------------------------------------------------------------------------------------


def list_categories_for(actor: User, *, search: str = "") -> QuerySet[Category]:
    """``categories_for`` with their author, ``count`` of what is in them, and the groups that ``actor`` may see."""
    found = categories_for(actor)
    for word in search.split():
        found = found.filter(Q(name__icontains=word) | Q(description__icontains=word))
    return (
        found.annotate(count=Count("materials"))
        .select_related("created_by")
        .prefetch_related(Prefetch("groups", queryset=groups.groups_for(actor)))
    )


def get_category_for(actor: User, category_id: uuid.UUID) -> Category:
    """One of these; refuses any other id."""
    found = list_categories_for(actor).filter(pk=category_id).first()
    if found is None:
        raise CategoryNotFound
    return found


def list_materials_for(
    actor: User,
    *,
    search: str = "",
    file_type: str = "",
    category: uuid.UUID | None = None,
    is_public: bool | None = None,
) -> QuerySet[Material]:
    """``materials_for`` with author, file and folder, and the groups that ``actor`` may see. Each word of ``search`` is in
    the name. In a folder that ``actor`` may not see there is nothing."""
    found = materials_for(actor)
    for word in search.split():
        found = found.filter(name__icontains=word)
    if file_type:
        found = found.filter(file_type=file_type)
    if category is not None:
        found = found.filter(category=category)
    if is_public is not None:
        in_folder = Q(category__isnull=False, category__is_public=is_public)
        found = found.filter(in_folder | Q(category=None, is_public=is_public))
    seen = groups.groups_for(actor)
    return found.select_related("created_by", "file", "category").prefetch_related(
        Prefetch("groups", queryset=seen), Prefetch("category__groups", queryset=seen)
    )


def get_material_for(actor: User, material_id: uuid.UUID) -> Material:
    """One of these; refuses any other id."""
    found = list_materials_for(actor).filter(pk=material_id).first()
    if found is None:
        raise MaterialNotFound
    return found


def find_material(*, material_id: uuid.UUID) -> Material | None:
    """One material of the center with its folder, if it is still there."""
    return Material.objects.select_related("category").filter(pk=material_id).first()


def audience_ids(*, material: Material) -> set[uuid.UUID]:
    """The students who may see a material now."""
    holder = material.category or material
    if holder.is_public:
        return set(people.active_ids(role="STUDENT"))
    return groups.student_ids(holder.groups.values_list("pk", flat=True))


# -- files ---------------------------------------------------------------------------------------------------------


def get_file(*, material_id: uuid.UUID) -> Material:
    """A material that is a file; refuses an unknown id and a link."""
    found = Material.objects.select_related("file").filter(pk=material_id, file__isnull=False).first()
    if found is None:
        raise MaterialNotFound
    return found


def read_file(*, file: StoredFile, begin: int = 0, end: int | None = None) -> bytes:
    """Some of a file's bytes; refuses when its storage does not answer."""
    try:
        return store.read(file.storage_name, begin=begin, end=end)
    except FileNotFoundError:
        raise MaterialNotFound from None
    except Exception as error:
        log.exception("The storage does not give out %s.", file.pk)
        raise FileUnavailable from error


@usage.kept
def kept_files() -> usage.Sizes:
    """The files of materials."""
    return usage.sized(StoredFile.objects.all(), "size")


def data_about(*, user_id: uuid.UUID) -> list[dict[str, Any]]:
    """What a person has handed out, oldest first."""
    rows = Material.objects.filter(created_by=user_id).order_by("created_at", "pk")
    return [
        {"name": row.name, "file_type": row.file_type, "link": row.link, "created_at": row.created_at} for row in rows
    ]
