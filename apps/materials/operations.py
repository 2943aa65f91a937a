"""Folders, and what is handed out in them. Teachers change what they made, administrators everything."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar, Unpack

from django.db import transaction

from apps.audit import operations as audit
from apps.centers.operations import subscriptions
from apps.centers.queries import subscriptions as limits
from apps.centers.rules import plans
from apps.core import bus
from apps.core.errors import Problem
from apps.core.files import store
from apps.core.files.sniffing import UnusableFile
from apps.groups import queries as groups
from apps.materials import rules
from apps.materials.errors import (
    CategoryHoldsOthers,
    CategoryNotFound,
    FileUnavailable,
    MaterialNotFound,
    MaterialRefused,
    NotYours,
)
from apps.materials.events import MaterialShared, StoreChanged
from apps.materials.models import Category, Material, StoredFile

if TYPE_CHECKING:
    from apps.authentication.models import User
    from apps.groups.models import Group

Thing = TypeVar("Thing", Category, Material)


class CategoryFields(TypedDict, total=False):
    """What describes a folder; what is absent stays, or takes its default. Without a word on ``is_public`` a new folder is
    for the whole center if it is for no group."""

    name: str
    description: str
    is_public: bool | None
    group_ids: Sequence[uuid.UUID]


class MaterialFields(TypedDict, total=False):
    """What a material is: a ``file`` (of ``file_type``, if that is said) or a ``link``. In a folder, the folder's access
    counts; one that begins outside is for the whole center if it is for no group and nobody said otherwise."""

    name: str
    file: bytes
    file_name: str
    file_type: str
    link: str
    category_id: uuid.UUID | None
    is_public: bool | None
    group_ids: Sequence[uuid.UUID]


# -- folders ---------------------------------------------------------------------------------------------------------


def create_category(*, actor: User, **fields: Unpack[CategoryFields]) -> Category:
    """Make a folder; refuses groups that ``actor`` may not see."""
    group_ids = fields.pop("group_ids", ())
    with transaction.atomic():
        seen = _seen_groups(actor, group_ids)
        said = fields.pop("is_public", None)
        category = Category(created_by_id=actor.pk, **fields)
        category.is_public = rules.is_public(said, has_groups=bool(group_ids))
        category.save(force_insert=True)
        category.groups.set(seen)
        _record("category.created", category, after=_state(category))
    return category


def update_category(*, actor: User, category_id: uuid.UUID, **changes: Unpack[CategoryFields]) -> Category:
    """Change a folder, and with it who may see what is in it. Refuses what ``create_category`` would, and a colleague's."""
    with transaction.atomic():
        category = _lock_category(actor, category_id)
        before = _state(category)
        group_ids = changes.pop("group_ids", None)
        said = changes.pop("is_public", None)
        for name, value in changes.items():
            setattr(category, name, value)
        if group_ids is not None:
            category.groups.set(_seen_groups(actor, group_ids))
        if said is not None or group_ids is not None:
            has_groups = category.groups.exists()
            category.is_public = rules.is_public(said, has_groups=has_groups)
        category.save()
        _record("category.changed", category, before=before, after=_state(category))
    return category


def delete_category(*, actor: User, category_id: uuid.UUID) -> None:
    """Remove a folder with everything in it; the files go. Refuses a colleague's, and a teacher's that holds materials of
    others."""
    with transaction.atomic():
        category = _lock_category(actor, category_id)
        held = list(Material.objects.select_for_update().filter(category=category))
        is_admin = actor.role == actor.Role.CENTER_ADMIN
        if not is_admin and any(material.created_by_id != actor.pk for material in held):
            raise CategoryHoldsOthers
        state = _state(category)
        files = {material.file_id for material in held if material.file_id}
        Material.objects.filter(pk__in=[material.pk for material in held]).delete()
        category_pk = category.pk
        category.delete()
        _drop_files(files)
        audit.record(
            action="category.deleted",
            subject="category",
            subject_id=category_pk,
            name=category.name,
            before={**state, "materials": len(held)},
        )


# -- what is in them -------------------------------------------------------------------------------------------------


def share_material(*, actor: User, **fields: Unpack[MaterialFields]) -> Material:
    """Hand a file or a link out. Who may see it is told. Refuses files of other kinds or types and dangerous ones, links
    that lead nowhere on the web, unknown folders and groups, and what the plan has no room for."""
    given = _checked(actor, fields)
    if not given.keys() & {"file", "link"}:
        raise _refused("/file", "required", "Send a file, or a link.")
    group_ids = given.pop("group_ids", ())
    said = given.pop("is_public", None)
    with _written(given.pop("file", None)) as stored, transaction.atomic():
        material = Material(created_by_id=actor.pk, **given)
        _put_file(material, stored)
        # In a folder it is nobody's by itself: taken out again, it is not suddenly everybody's.
        material.is_public = rules.is_public(said, has_groups=bool(group_ids or material.category_id))
        material.save(force_insert=True)
        material.groups.set(group_ids)
        bus.publish(MaterialShared(material_id=material.pk))
        _record("material.shared", material, after=_state(material))
    return material


def update_material(*, actor: User, material_id: uuid.UUID, **changes: Unpack[MaterialFields]) -> Material:
    """Change a material, replace its file, or put it into another folder; a file that nothing needs any more goes. Who may
    see it now and could not is told. Refuses what ``share_material`` would, and a colleague's."""
    present = _find(actor, material_id)
    if not changes.keys() & {"file", "link"} and changes.get("file_type", "") not in ("", present.file_type):
        raise _refused("/file_type", "wrong_type", f"By its content this is of the type {present.file_type}.")
    given = _checked(actor, changes)
    group_ids = given.pop("group_ids", None)
    said = given.pop("is_public", None)
    with _written(given.pop("file", None)) as stored, transaction.atomic():
        material = _lock_material(actor, material_id)
        before, file_before = _state(material), material.file_id
        for name, value in given.items():
            setattr(material, name, value)
        if "link" in given:
            material.file, material.file_name = None, ""
        _put_file(material, stored)
        if group_ids is not None:
            material.groups.set(group_ids)
        if said is not None or group_ids is not None:
            material.is_public = rules.is_public(said, has_groups=material.groups.exists())
        material.save()
        if file_before and file_before != material.file_id:
            _drop_files({file_before})
        if {"is_public", "group_ids", "category_id"} & changes.keys():
            bus.publish(MaterialShared(material_id=material.pk))
        _record("material.changed", material, before=before, after=_state(material))
    return material


def delete_material(*, actor: User, material_id: uuid.UUID) -> None:
    """Take a material back; its file goes with the last material that it belongs to. Refuses a colleague's."""
    with transaction.atomic():
        material = _lock_material(actor, material_id)
        state, file_id, pk = _state(material), material.file_id, material.pk
        material.delete()
        if file_id:
            _drop_files({file_id})
        audit.record(action="material.deleted", subject="material", subject_id=pk, name=material.name, before=state)


# -- files -----------------------------------------------------------------------------------------------------------


@contextmanager
def _written(found: rules.Inspected | None) -> Iterator[StoredFile | None]:
    """The file in the storage before a transaction begins, unless the center has the same bytes; gone again if the block
    fails."""
    if found is None:
        yield None
        return
    file = StoredFile(sha256=found.sha256, media_type=found.media_type, size=len(found.content), seconds=found.seconds)
    if not StoredFile.objects.filter(sha256=found.sha256).exists():
        limits.check_room(adding=file.size)
        file.storage_name = store.write(kind="materials", content=found.content, suffix=found.suffix)
    try:
        yield file
    except BaseException:
        store.remove([file.storage_name])
        raise


def _put_file(material: Material, written: StoredFile | None) -> None:
    """Let a material have this file: the row of the same bytes if there is one, or a new one."""
    if written is None:
        return
    material.link = ""
    kept = StoredFile.objects.select_for_update().filter(sha256=written.sha256).first()
    if kept is None:
        if not written.storage_name:
            raise FileUnavailable  # the last material with these bytes went a moment ago; sent again, they are written
        subscriptions.hold(limit=plans.STORAGE)
        limits.check_room(adding=written.size)
        StoredFile.objects.bulk_create([written], ignore_conflicts=True)
        kept = StoredFile.objects.get(sha256=written.sha256)
        bus.publish(StoreChanged())
    if kept.pk != written.pk:
        store.remove_later([written.storage_name])
    material.file = kept


def _drop_files(file_ids: set[uuid.UUID]) -> None:
    """Remove these files if no material has them any more. In one order, so that two who do it at once do not wait for
    each other."""
    rows = StoredFile.objects.select_for_update().filter(pk__in=file_ids).order_by("pk")
    used = set(Material.objects.filter(file__in=[row.pk for row in rows]).values_list("file", flat=True))
    unused = [row for row in rows if row.pk not in used]
    store.remove_later(row.storage_name for row in unused)
    StoredFile.objects.filter(pk__in=[row.pk for row in unused]).delete()
    if unused:
        bus.publish(StoreChanged())


# -- checking --------------------------------------------------------------------------------------------------------


def _checked(actor: User, fields: MaterialFields) -> dict[str, Any]:
    """The columns that are to be set, and ``file`` looked into."""
    given: dict[str, Any] = dict(fields)
    wanted = given.pop("file_type", "")
    if "file" in given and "link" in given:
        raise _refused("/link", "invalid", "A material is a file or a link, not both.")
    try:
        if "file" in given:
            found = rules.inspect(given["file"], "" if wanted == rules.LINK else wanted)
            given |= {"file": found, "file_type": found.file_type}
            given["file_name"] = _plain(given.get("file_name", ""))[-200:]
    except UnusableFile as refusal:
        raise _refused("/file", refusal.code, str(refusal)) from refusal
    try:
        if "link" in given:
            given |= {"link": rules.check_link(given["link"]), "file_type": rules.LINK}
    except UnusableFile as refusal:
        raise _refused("/link", refusal.code, str(refusal)) from refusal
    if given.get("category_id") and not Category.objects.filter(pk=given["category_id"]).exists():
        raise _refused("/category_id", "unknown_category", "There is no such category.")
    if "group_ids" in given:
        given["group_ids"] = _seen_groups(actor, given["group_ids"])
    return given


def _seen_groups(actor: User, group_ids: Sequence[uuid.UUID]) -> list[Group]:
    """The groups with these ids; refuses one that ``actor`` may not see."""
    seen = {group.pk: group for group in groups.groups_for(actor).filter(pk__in=group_ids)}
    problems = [
        Problem(f"/group_ids/{place}", "unknown_group", "There is no such group.")
        for place, group_id in enumerate(group_ids)
        if group_id not in seen
    ]
    if problems:
        raise MaterialRefused(problems=problems)
    return list(seen.values())


def _refused(pointer: str, code: str, detail: str) -> MaterialRefused:
    return MaterialRefused(problems=[Problem(pointer, code, detail)])


def _plain(text: str) -> str:
    return "".join(char for char in text if char.isprintable())


# -- rows ------------------------------------------------------------------------------------------------------------


def _lock_category(actor: User, category_id: uuid.UUID) -> Category:
    return _theirs(actor, Category.objects.select_for_update().filter(pk=category_id).first(), CategoryNotFound)


def _lock_material(actor: User, material_id: uuid.UUID) -> Material:
    return _theirs(actor, Material.objects.select_for_update().filter(pk=material_id).first(), MaterialNotFound)


def _find(actor: User, material_id: uuid.UUID) -> Material:
    return _theirs(actor, Material.objects.filter(pk=material_id).first(), MaterialNotFound)


def _theirs(actor: User, row: Thing | None, missing: type[Exception]) -> Thing:
    if row is None or not actor.is_center_staff:
        raise missing
    if actor.role != actor.Role.CENTER_ADMIN and row.created_by_id != actor.pk:
        raise NotYours
    return row


def _state(row: Category | Material) -> dict[str, Any]:
    state: dict[str, Any] = {
        "name": row.name,
        "is_public": row.is_public,
        "groups": sorted(str(group_id) for group_id in row.groups.values_list("pk", flat=True)),
    }
    if isinstance(row, Material):
        state |= {"category": row.category_id, "type": row.file_type, "link": row.link, "file": row.file_id}
    return {name: str(value) if isinstance(value, uuid.UUID) else value for name, value in state.items()}


def _record(
    action: str, row: Category | Material, *, before: dict[str, Any] | None = None, after: dict[str, Any]
) -> None:
    kind = action.partition(".")[0]
    audit.record(action=action, subject=kind, subject_id=row.pk, name=row.name, before=before, after=after)
