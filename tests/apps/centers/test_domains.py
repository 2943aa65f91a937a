"""Domains against a real DNS server on loopback."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from apps.authentication.operations import passwords
from apps.centers import resolving
from apps.centers.errors import (
    DomainClaimed,
    DomainInvalid,
    DomainNotFound,
    DomainNotServed,
    DomainsSilent,
    DomainTaken,
    DomainUnproven,
    PlanLimitReached,
    PlatformDomain,
    TooManyDomains,
)
from apps.centers.models import Center, Domain, DomainClaim
from apps.centers.operations import domains
from apps.centers.queries import domains as queries
from apps.core import tenancy
from apps.notifications.models import Notice
from tests.client import Api
from tests.letters import arrived, link_in

NAME = "exams.sakura.jp"


def prove(zone, address) -> None:
    zone.records[address.record_name] = ["v=spf1 -all", address.record_value]


def verified(zone, tenant, name=NAME):
    address = domains.add_domain(center_id=tenant.id, domain=name)
    prove(zone, address)
    return domains.verify_domain(center_id=tenant.id, address_id=address.id)


def make_due(since: timedelta | None = None) -> None:
    DomainClaim.objects.update(look_at=Now() - timedelta(minutes=1))
    if since is not None:
        DomainClaim.objects.filter(state="FAILING").update(failing_since=Now() - since)


@pytest.fixture(autouse=True)
def unlimited(request):
    """What the plan allows is tried by itself."""
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
        Center.objects.update(plan="ENTERPRISE")


# -- proving -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_added_domain_is_pending_and_leads_nowhere(zone, north):
    address = domains.add_domain(center_id=north.id, domain=" Exams.Sakura.JP. ")
    assert (address.domain, address.state, address.is_served, address.is_primary) == (NAME, "PENDING", False, False)
    assert address.record_name == f"_shiken.{NAME}"
    assert tenancy.find_by_host(NAME) is None
    assert zone.asked == []


@pytest.mark.django_db
def test_a_proven_domain_leads_to_the_center_at_once(zone, north, settings):
    settings.ALLOWED_HOSTS = ["*"]
    assert Api(host=NAME).get("auth/me/").status_code == 404
    address = verified(zone, north)
    assert (address.state, address.is_served, address.is_primary, address.problem) == ("VERIFIED", True, False, "")
    assert zone.asked == [f"_shiken.{NAME}"]
    assert Api(host=NAME).get("auth/me/").status_code == 401
    assert tenancy.find_by_host(NAME).id == north.id


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["EXAMS.Sakura.JP", "exams.sakura.jp.", "exams.sakura.jp:8000", "Exams.sakura.jp.:80"])
def test_a_proven_domain_is_known_however_a_browser_writes_it(zone, north, host):
    verified(zone, north)
    assert Api(host=host).get("auth/me/").status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["a.exams.sakura.jp", "sakura.jp", "exams.sakura.jp..", "exams.sakura.jp@evil.jp"])
def test_names_beside_a_proven_domain_lead_nowhere(zone, north, host):
    verified(zone, north)
    assert Api(host=host).get("auth/me/").status_code == 404
    answer = Api(host="nobody.sakura.jp").get("auth/me/", headers={"x-forwarded-host": NAME})
    assert answer.status_code == 404


@pytest.mark.django_db
def test_another_process_that_knew_nobody_there_notices_within_a_second(zone, north, monkeypatch):
    assert tenancy.find_by_host(NAME) is None
    elsewhere = dict(tenancy._by_host)
    verified(zone, north)
    tenancy._by_host.update(elsewhere)
    assert tenancy.find_by_host(NAME) is None
    now = tenancy.time.monotonic()
    monkeypatch.setattr(tenancy.time, "monotonic", lambda: now + 1.01)
    assert tenancy.find_by_host(NAME).id == north.id


@pytest.mark.django_db
@pytest.mark.parametrize("records", [[], ["something else"], ["shiken-verify=" + "0" * 32]])
def test_refuses_a_record_that_is_not_there_or_holds_something_else(zone, north, records):
    address = domains.add_domain(center_id=north.id, domain=NAME)
    if records:
        zone.records[address.record_name] = records
    with pytest.raises(DomainUnproven) as refused:
        domains.verify_domain(center_id=north.id, address_id=address.id)
    assert refused.value.details == {"record": address.record_name, "values_found": len(records)}
    after = queries.get_address(center_id=north.id, address_id=address.id)
    assert (after.state, after.problem) == ("PENDING", domains.ABSENT)
    assert after.checked_at is not None
    assert not Domain.objects.filter(domain=NAME).exists()


@pytest.mark.django_db
def test_a_name_that_exists_without_such_a_record_is_not_proven(zone, north):
    address = domains.add_domain(center_id=north.id, domain=NAME)
    zone.empty.add(address.record_name)
    with pytest.raises(DomainUnproven):
        domains.verify_domain(center_id=north.id, address_id=address.id)


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["broken", "silent"])
def test_says_so_when_the_dns_does_not_answer(zone, north, how):
    address = domains.add_domain(center_id=north.id, domain=NAME)
    getattr(zone, how).add(address.record_name)
    with pytest.raises(DomainsSilent):
        domains.verify_domain(center_id=north.id, address_id=address.id)
    assert queries.get_address(center_id=north.id, address_id=address.id).checked_at is None


@pytest.mark.django_db
def test_the_token_of_another_center_proves_nothing(zone, north, south):
    theirs = domains.add_domain(center_id=south.id, domain=NAME)
    mine = domains.add_domain(center_id=north.id, domain=NAME)
    prove(zone, theirs)
    with pytest.raises(DomainUnproven):
        domains.verify_domain(center_id=north.id, address_id=mine.id)


# -- whose it is -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_pending_claim_of_another_center_is_in_nobodys_way(zone, north, south):
    domains.add_domain(center_id=south.id, domain=NAME)
    assert verified(zone, north).state == "VERIFIED"
    assert tenancy.find_by_host(NAME).id == north.id


@pytest.mark.django_db
def test_a_domain_that_another_center_still_proves_stays_there(zone, north, south):
    first = verified(zone, south)
    mine = domains.add_domain(center_id=north.id, domain=NAME)
    zone.records[mine.record_name] = [first.record_value, mine.record_value]
    with pytest.raises(DomainTaken):
        domains.verify_domain(center_id=north.id, address_id=mine.id)
    assert tenancy.find_by_host(NAME).id == south.id


@pytest.mark.django_db
def test_who_proves_it_no_more_gives_way_and_is_told(zone, cast, north, south, deliver):
    assert cast.sybil
    first = verified(zone, south)
    domains.make_primary(center_id=south.id, address_id=first.id)
    assert verified(zone, north).state == "VERIFIED"
    assert tenancy.find_by_host(NAME).id == north.id
    theirs = queries.list_addresses(center_id=south.id)
    assert [(address.domain, address.state, address.is_primary) for address in theirs] == [
        ("south.localhost", "PLATFORM", True),
        (NAME, "LOST", False),
    ]
    assert [letter.subject for letter in arrived("sybil@south.test")] == [f"The address {NAME} cannot be verified"]


@pytest.mark.django_db
def test_a_host_that_the_platform_gave_cannot_be_taken_by_a_record(zone, north, south):
    Domain.objects.create(tenant_id=south.id, domain=NAME, is_primary=False)
    mine = domains.add_domain(center_id=north.id, domain=NAME)
    prove(zone, mine)
    with pytest.raises(DomainTaken):
        domains.verify_domain(center_id=north.id, address_id=mine.id)


@pytest.mark.races
def test_of_many_centers_that_prove_it_at_once_one_gets_it(committed, zone, north, south):
    """All tokens stand in the zone, so nobody's proof is weaker than another's."""
    claims = [(tenant, domains.add_domain(center_id=tenant.id, domain=NAME)) for tenant in (north, south)]
    zone.records[claims[0][1].record_name] = [address.record_value for _, address in claims]
    said: list[str] = []
    barrier = threading.Barrier(len(claims) * 3)

    def run(tenant, address) -> None:
        with tenancy.enter(tenant):
            barrier.wait()
            try:
                domains.verify_domain(center_id=tenant.id, address_id=address.id)
                said.append(tenant.slug)
            except DomainTaken:
                said.append("taken")
            finally:
                connection.close()

    threads = [threading.Thread(target=run, args=claim) for claim in claims * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) in (["north"] * 3 + ["taken"] * 3, ["south"] * 3 + ["taken"] * 3)
    assert Domain.objects.filter(domain=NAME).count() == 1
    assert DomainClaim.objects.filter(domain=NAME, state="VERIFIED").count() == 1
    Domain.objects.filter(domain=NAME).delete()


# -- adding, choosing, removing ----------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("domain", ["west.localhost", "localhost", "10.0.0.7", "co.jp", "аррӏе.com", "no host"])
def test_refuses_to_add_what_cannot_be_a_centers_own(north, domain):
    with pytest.raises(DomainInvalid) as refused:
        domains.add_domain(center_id=north.id, domain=domain)
    assert refused.value.problems[0].pointer == "/domain"
    assert not DomainClaim.objects.exists()


@pytest.mark.django_db
def test_refuses_to_add_one_twice_and_more_than_ten(north):
    for number in range(10):
        domains.add_domain(center_id=north.id, domain=f"n{number}.sakura.jp")
    with pytest.raises(DomainClaimed):
        domains.add_domain(center_id=north.id, domain="N0.sakura.jp")
    with pytest.raises(TooManyDomains):
        domains.add_domain(center_id=north.id, domain="n10.sakura.jp")


@pytest.mark.django_db
def test_refuses_more_than_the_plan_allows(north):
    Center.objects.update(plan="FREE")
    domains.add_domain(center_id=north.id, domain="one.sakura.jp")
    with pytest.raises(PlanLimitReached) as refused:
        domains.add_domain(center_id=north.id, domain="two.sakura.jp")
    assert (refused.value.details["allowed"], refused.value.details["used"]) == (1, 1)


@pytest.mark.django_db
def test_links_in_letters_lead_to_the_primary_domain_whatever_the_host_header_says(zone, cast, north):
    address = verified(zone, north)
    passwords.ask_reset(email=cast.alice.email)
    assert link_in(arrived(cast.alice.email)[-1]).startswith("http://north.localhost:")
    assert domains.make_primary(center_id=north.id, address_id=address.id).is_primary
    answer = Api(host="north.localhost").post("auth/password/reset/", {"email": (cast.bob).email})
    assert answer.status_code == 202
    assert link_in(arrived(cast.bob.email)[-1]).startswith(f"http://{NAME}:")
    hosts = queries.list_addresses(center_id=north.id)
    assert [(host.domain, host.is_primary) for host in hosts] == [(NAME, True), ("north.localhost", False)]


@pytest.mark.django_db
def test_only_a_served_domain_can_be_primary(north):
    address = domains.add_domain(center_id=north.id, domain=NAME)
    with pytest.raises(DomainNotServed):
        domains.make_primary(center_id=north.id, address_id=address.id)


@pytest.mark.django_db
def test_the_platforms_address_can_be_primary_again_and_stays(zone, north):
    domains.make_primary(center_id=north.id, address_id=verified(zone, north).id)
    platform = next(host for host in queries.list_addresses(center_id=north.id) if host.state == "PLATFORM")
    assert domains.verify_domain(center_id=north.id, address_id=platform.id) == platform
    assert domains.make_primary(center_id=north.id, address_id=platform.id).is_primary
    with pytest.raises(PlatformDomain):
        domains.remove_domain(center_id=north.id, address_id=platform.id)


@pytest.mark.django_db
def test_a_removed_domain_leads_nowhere_and_leaves_the_platforms_as_primary(zone, north):
    address = verified(zone, north)
    domains.make_primary(center_id=north.id, address_id=address.id)
    domains.remove_domain(center_id=north.id, address_id=address.id)
    assert tenancy.find_by_host(NAME) is None
    hosts = queries.list_addresses(center_id=north.id)
    assert [(host.domain, host.is_primary) for host in hosts] == [("north.localhost", True)]


@pytest.mark.django_db
def test_another_centers_domain_is_not_found(zone, north, south):
    theirs = verified(zone, south)
    for act in (domains.verify_domain, domains.make_primary, domains.remove_domain):
        with pytest.raises(DomainNotFound):
            act(center_id=north.id, address_id=theirs.id)
    assert tenancy.find_by_host(NAME).id == south.id


# -- looking again -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_looks_again_at_what_is_due_and_at_nothing_else(zone, north):
    verified(zone, north)
    assert domains.check_due() == 0
    make_due()
    assert domains.check_due() == 1
    assert domains.check_due() == 0
    claim = DomainClaim.objects.get()
    assert (claim.state, claim.failing_since) == ("VERIFIED", None)


@pytest.mark.django_db
def test_a_record_that_has_gone_is_told_once_and_the_domain_still_served(zone, cast, north, deliver):
    assert cast.dora
    address = verified(zone, north)
    zone.records.clear()
    for _ in range(3):
        make_due()
        assert domains.check_due() == 1
    after = queries.get_address(center_id=north.id, address_id=address.id)
    assert (after.state, after.is_served, after.problem) == ("FAILING", True, domains.ABSENT)
    assert after.served_until - DomainClaim.objects.get().failing_since == timedelta(days=7)
    (letter,) = arrived("dora@north.test")
    assert NAME in letter.subject
    (notice,) = Notice.objects.all()
    assert (notice.user_id, notice.notification_type) == (cast.dora.pk, "SYSTEM_UPDATE")
    prove(zone, address)
    make_due()
    domains.check_due()
    assert queries.get_address(center_id=north.id, address_id=address.id).state == "VERIFIED"


@pytest.mark.django_db
def test_a_week_without_a_record_ends_it_and_the_platforms_address_is_primary(zone, cast, north, deliver):
    assert cast.dora
    address = verified(zone, north)
    domains.make_primary(center_id=north.id, address_id=address.id)
    zone.records.clear()
    make_due()
    domains.check_due()
    deliver()
    make_due(since=timedelta(days=6, hours=23))
    domains.check_due()
    assert tenancy.find_by_host(NAME).id == north.id
    make_due(since=timedelta(days=7, minutes=1))
    domains.check_due()
    assert tenancy.find_by_host(NAME) is None
    hosts = queries.list_addresses(center_id=north.id)
    assert [(host.domain, host.state, host.is_primary) for host in hosts] == [
        ("north.localhost", "PLATFORM", True),
        (NAME, "LOST", False),
    ]
    assert len(arrived("dora@north.test")) == 2
    prove(zone, address)
    assert domains.verify_domain(center_id=north.id, address_id=address.id).state == "VERIFIED"
    assert tenancy.find_by_host(NAME).id == north.id


@pytest.mark.django_db
def test_servers_that_are_silent_for_weeks_cost_nobody_a_domain(zone, north):
    address = verified(zone, north)
    zone.broken.add(address.record_name)
    make_due()
    domains.check_due()
    DomainClaim.objects.update(verified_at=Now() - timedelta(days=90))
    make_due()
    domains.check_due()
    after = queries.get_address(center_id=north.id, address_id=address.id)
    assert (after.state, after.problem) == ("VERIFIED", domains.SILENT)


@pytest.mark.django_db
def test_many_domains_are_asked_for_at_once(zone, north):
    for number in range(8):
        verified(zone, north, f"n{number}.sakura.jp")
    zone.silent.update(zone.records)
    make_due()
    begun = tenancy.time.monotonic()
    assert domains.check_due() == 8
    assert tenancy.time.monotonic() - begun < 3


@pytest.mark.django_db
def test_claims_that_were_never_proven_are_forgotten_in_time(north):
    domains.add_domain(center_id=north.id, domain=NAME)
    domains.check_due()
    assert DomainClaim.objects.count() == 1
    DomainClaim.objects.update(created_at=Now() - timedelta(days=31))
    domains.check_due()
    assert DomainClaim.objects.count() == 0


@pytest.mark.parametrize(
    ("named", "address", "port"),
    [
        ("192.0.2.1", "192.0.2.1", 53),
        ("192.0.2.1:5353", "192.0.2.1", 5353),
        ("2001:db8::1", "2001:db8::1", 53),
        ("[2001:db8::1]:5353", "2001:db8::1", 5353),
    ],
)
def test_servers_are_named_by_address_and_port(named, address, port):
    server = resolving._server(named)
    assert (server.address, server.port) == (address, port)
