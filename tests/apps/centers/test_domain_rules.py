from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.centers.rules import domains, names
from apps.centers.rules.domains import Found, Refusal

OURS = ["shiken.jp", "localhost"]
AT = datetime(2030, 4, 1, 9, tzinfo=UTC)

TAKEN_AS = {
    "exams.sakura.jp": "exams.sakura.jp",
    "  Exams.SAKURA.jp. ": "exams.sakura.jp",
    "ｅｘａｍｓ.sakura.jp": "exams.sakura.jp",
    "試験.jp": "xn--w22as22a.jp",
    "さくら学院.jp": "xn--y8jl1n410ofw9c.jp",
    "школа.рф": "xn--80atdl2c.xn--p1ai",
    "school.co.uz": "school.co.uz",
    "a-1.example-school.com": "a-1.example-school.com",
}
REFUSED = {
    "": Refusal.NO_HOST,
    "sakura": Refusal.NO_HOST,
    "https://sakura.jp": Refusal.NO_HOST,
    "sakura.jp/exams": Refusal.NO_HOST,
    "sakura.jp:8000": Refusal.NO_HOST,
    "some body.jp": Refusal.NO_HOST,
    "a_b.jp": Refusal.NO_HOST,
    "-a.jp": Refusal.NO_HOST,
    "a..jp": Refusal.NO_HOST,
    "*.sakura.jp": Refusal.NO_HOST,
    "sakura\x00.jp": Refusal.NO_HOST,
    "sakura.jp'--": Refusal.NO_HOST,
    "a" * 64 + ".jp": Refusal.NO_HOST,
    ("a" * 60 + ".") * 4 + "jpjpjp": Refusal.NO_HOST,
    "xn--a.jp": Refusal.NO_HOST,
    "10.0.0.7": Refusal.ADDRESS,
    "0x7f.1": Refusal.ADDRESS,
    "127.0x1": Refusal.ADDRESS,
    "2130706433": Refusal.ADDRESS,
    "[::1]": Refusal.ADDRESS,
    "2001:db8::1": Refusal.ADDRESS,
    "shiken.jp": Refusal.OURS,
    "North.Shiken.jp": Refusal.OURS,
    "a.b.shiken.jp.": Refusal.OURS,
    "north.localhost": Refusal.OURS,
    "co.jp": Refusal.SUFFIX,
    "uz": Refusal.NO_HOST,
    "github.io": Refusal.SUFFIX,
    "printer.local": Refusal.NOBODYS,
    "db.internal": Refusal.NOBODYS,
    "7.0.0.10.in-addr.arpa": Refusal.NOBODYS,
    "аррӏе.com": Refusal.LOOK_ALIKE,
    "xn--80ak6aa92e.com": Refusal.LOOK_ALIKE,
    "sаkura.jp": Refusal.LOOK_ALIKE,  # a Cyrillic a
    "école.fr": Refusal.LOOK_ALIKE,
    "sakuraノexams.jp": Refusal.LOOK_ALIKE,
    "сосо.jp": Refusal.LOOK_ALIKE,
    "sakura\u200b.jp": Refusal.NO_HOST,
}


@pytest.mark.parametrize(("typed", "domain"), TAKEN_AS.items())
def test_takes_a_domain_as_people_type_it(typed, domain):
    assert domains.clean_domain(typed, ours=OURS) == domain
    assert domains.clean_domain(domain, ours=OURS) == domain


@pytest.mark.parametrize(("typed", "reason"), REFUSED.items())
def test_refuses_what_no_center_can_own(typed, reason):
    with pytest.raises(domains.DomainRefused) as refused:
        domains.clean_domain(typed, ours=OURS)
    assert refused.value.reason == reason
    assert str(refused.value) == domains.SENTENCES[reason]


@given(st.text(max_size=60) | st.from_regex(r"[a-zа-яぁ-ん0-9.-]{1,40}", fullmatch=True))
def test_whatever_is_typed_becomes_a_plain_host_or_a_refusal(typed):
    try:
        domain = domains.clean_domain(typed, ours=OURS)
    except domains.DomainRefused:
        return
    assert names.is_host(domain)
    assert domains.clean_domain(domain, ours=OURS) == domain


def test_shows_a_domain_in_its_own_script():
    assert domains.shown_domain("xn--w22as22a.jp") == "試験.jp"
    assert domains.shown_domain("exams.sakura.jp") == "exams.sakura.jp"
    assert domains.shown_domain("xn--a.jp") == "xn--a.jp"


def test_a_token_is_long_and_its_own():
    first, second = domains.fresh_token(), domains.fresh_token()
    assert first != second
    assert len(first) == len("shiken-verify=") + 32
    assert domains.holds(["v=spf1 -all", f' "{first}" '], first)
    assert not domains.holds([second, first[:-1], ""], first)
    assert not domains.holds([], first)


def test_a_found_record_is_looked_at_again_tomorrow():
    verdict = domains.judge(Found.YES, at=AT, failing_since=AT - timedelta(days=3))
    assert verdict == domains.Verdict(None, AT + timedelta(days=1))


@pytest.mark.parametrize("since", [None, AT - timedelta(days=30)])
def test_silence_of_the_servers_changes_nothing(since):
    verdict = domains.judge(Found.UNKNOWN, at=AT, failing_since=since)
    assert verdict == domains.Verdict(since, AT + timedelta(hours=1))


def test_a_record_that_has_gone_is_told_once_borne_for_a_week_and_given_up():
    first = domains.judge(Found.NO, at=AT, failing_since=None)
    assert (first.failing_since, first.tell, first.drop) == (AT, True, False)
    later = domains.judge(Found.NO, at=AT + timedelta(days=7, seconds=-1), failing_since=AT)
    assert (later.failing_since, later.tell, later.drop) == (AT, False, False)
    last = domains.judge(Found.NO, at=AT + timedelta(days=7), failing_since=AT)
    assert (last.tell, last.drop) == (True, True)
