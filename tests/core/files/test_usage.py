"""Everything that a center keeps counts, whoever keeps it."""

from __future__ import annotations

import pytest

from apps.authentication.models import User
from apps.authentication.operations import profile
from apps.centers.errors import PlanLimitReached
from apps.centers.operations import profile as faces
from apps.centers.operations import subscriptions
from apps.core import tenancy
from apps.core.files import store, usage
from apps.groups import operations as groups
from apps.materials import operations as materials
from apps.mock_tests.operations.files import media
from tests.client import Api
from tests.core.files import samples

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder")]


def test_what_is_counted_is_what_lies_in_the_storage(cast):
    picture = samples.picture("JPEG", (1500, 900))
    profile.set_avatar(actor=cast.alice, data=picture)
    faces.set_logo(data=picture)
    groups.create_group(name="N5", avatar=picture)
    media.store_media(actor=cast.carol, content=picture, file_name="a.jpg")
    media.store_media(actor=cast.carol, content=samples.wav(), file_name="a.wav")
    materials.share_material(actor=cast.carol, name="a", file=samples.pdf())
    materials.share_material(actor=cast.carol, name="b", file=samples.pdf())
    kept = list(store.walk())
    assert len(kept) == 8  # three small pictures, one with two previews, a recording, a document
    assert usage.stored() == usage.Stored(bytes=sum(file.size for file in kept), files=6)
    mine = Api(cast.dora).get("subscriptions/my-subscription/").json()
    assert mine["limits"]["storage_bytes"]["used"] == usage.stored().bytes
    assert (mine["limits"]["files"]["used"], mine["limits"]["files"]["limit"]) == (6, 500_000)
    with tenancy.enter(cast.south):
        assert usage.stored() == usage.Stored(0, 0)


@pytest.mark.parametrize("limit", [{"storage_bytes": 10}, {"files": 0}])
def test_a_picture_of_a_person_a_group_or_the_center_needs_room_too(cast, limit):
    subscriptions.change_plan(actor=None, center_id=cast.north.id, limits=limit)
    picture = samples.picture(size=(300, 300))
    for act in (
        lambda: profile.set_avatar(actor=cast.alice, data=picture),
        lambda: faces.set_logo(data=picture),
        lambda: groups.create_group(name="N5", avatar=picture),
        lambda: media.store_media(actor=cast.carol, content=picture, file_name="a.png"),
        lambda: materials.share_material(actor=cast.carol, name="a", file=samples.pdf()),
    ):
        with pytest.raises(PlanLimitReached) as refused:
            act()
        assert [refused.value.details["limit"]] == list(limit)
    assert list(store.walk()) == []


def test_owners_have_no_plan(cast):
    with tenancy.enter(tenancy.PUBLIC):
        profile.set_avatar(actor=cast.olga, data=samples.picture())


def test_names_of_older_pictures_say_nothing_of_their_size(cast):
    for name, size in (("c/x/avatars/abc-1234.jpg", 1234), ("c/x/avatars/abc.jpg", 0)):
        User.objects.filter(pk=cast.alice.pk).update(avatar=name)
        assert usage.stored() == usage.Stored(bytes=size, files=1)


def test_all_kinds_are_asked_in_one_statement(cast, count_queries):
    with count_queries() as asked:
        usage.stored()
    assert len(asked) == 1
