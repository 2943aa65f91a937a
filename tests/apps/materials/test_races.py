"""The same bytes, handed out and taken back at the same moment."""

from __future__ import annotations

import pytest

from apps.core import tenancy
from apps.core.files import store
from apps.materials import operations
from apps.materials.errors import FileUnavailable
from apps.materials.models import Material, StoredFile
from tests.core.files import samples
from tests.core.files.conftest import folder  # noqa: F401

pytestmark = [pytest.mark.races, pytest.mark.usefixtures("folder")]


def state():
    """Every row has its file, and every file its row."""
    rows = set(StoredFile.objects.values_list("storage_name", flat=True))
    assert rows == {kept.name for kept in store.walk()}
    assert set(Material.objects.values_list("file", flat=True)) == set(StoredFile.objects.values_list("pk", flat=True))
    return len(rows)


def test_the_same_bytes_handed_out_at_once_are_kept_once(committed, cast, north, at_once):
    assert cast.carol.pk

    def share():
        return operations.share_material(actor=cast.carol, name="Handout", file=samples.pdf())

    made = at_once(*[share] * 6)
    assert not [found for found in made if isinstance(found, Exception)]
    with tenancy.enter(north):
        assert (Material.objects.count(), state()) == (6, 1)


def test_the_last_is_taken_back_while_another_is_handed_out(committed, cast, north, at_once):
    outcomes = set()
    assert cast.carol.pk
    for _ in range(8):
        with tenancy.enter(north):
            first = operations.share_material(actor=cast.carol, name="First", file=samples.pdf())

        def share():
            return operations.share_material(actor=cast.carol, name="Second", file=samples.pdf())

        def take_back(pk=first.pk):
            operations.delete_material(actor=cast.carol, material_id=pk)

        shared, taken = at_once(share, take_back)
        assert taken is None
        assert isinstance(shared, Material | FileUnavailable), shared
        with tenancy.enter(north):
            assert state() == (0 if isinstance(shared, Exception) else 1)
            if not isinstance(shared, Exception):
                assert store.read(shared.file.storage_name) == samples.pdf()
                operations.delete_material(actor=cast.carol, material_id=shared.pk)
        outcomes.add(type(shared))
    assert Material in outcomes
