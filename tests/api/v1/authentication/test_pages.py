"""Where the links in letters lead."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from apps.authentication.operations import people, registration
from apps.centers.models import Center
from tests.client import Api
from tests.letters import arrived, link_in

pytestmark = pytest.mark.django_db


def test_every_letter_leads_to_a_page_of_its_host(cast):
    Center.objects.filter(pk=cast.north.id).update(registration="APPROVAL")
    registration.invite(actor=cast.dora, role="STUDENT", emails=["ann@north.test"])
    for email in ("new@north.test", cast.alice.email):
        registration.register(email=email, password="a long sentence 9")
    for host in ("localhost", "north.localhost"):
        Api(host=host).post("auth/password/reset/", {"email": (cast.olga if host == "localhost" else cast.bob).email})
    people.update_person(actor=cast.dora, user_id=cast.bob.pk, is_approved=False)
    registration.approve_person(actor=cast.dora, user_id=cast.bob.pk)
    paths = set()
    for letter in arrived():
        address = urlsplit(link_in(letter))
        answer = Api(host=address.hostname).get(address.path)
        assert answer.status_code == 200, address
        paths.add((address.hostname, address.path))
    north = {("north.localhost", path) for path in ("/", "/join/", "/verify/", "/reset/")}
    assert paths == north | {("localhost", "/reset/")}
