from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from apps.authentication.rules import sign_in as rules

AT = datetime(2026, 3, 1, 12, 0, 10, tzinfo=UTC)
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def test_codes_are_those_of_the_standard():
    """RFC 6238, appendix B: the secret 12345678901234567890 at second 59, last six digits."""
    at = datetime.fromtimestamp(59, UTC)
    assert rules.matching_step("287082", secret=SECRET, at=at, after=None) == 1


@pytest.mark.parametrize("seconds", range(-75, 76, 15))
def test_a_code_counts_in_its_half_minute_and_one_on_either_side(seconds):
    made = AT + timedelta(seconds=seconds)
    is_near = abs(rules.step_of(made) - rules.step_of(AT)) <= 1
    found = rules.matching_step(pyotp.TOTP(SECRET).at(made), secret=SECRET, at=AT, after=None)
    assert found == (rules.step_of(made) if is_near else None)


def test_a_code_counts_only_after_the_last_one():
    step = rules.step_of(AT)
    code = pyotp.TOTP(SECRET).at(AT)
    assert rules.matching_step(code, secret=SECRET, at=AT, after=step - 1) == step
    assert rules.matching_step(code, secret=SECRET, at=AT, after=step) is None


def test_recovery_codes_differ_and_are_hashed_with_the_key_however_they_are_typed():
    one, two = rules.fresh_recovery_codes(), rules.fresh_recovery_codes()
    assert len({*one, *two}) == 20
    digest = rules.recovery_hash(one[0], key="k")
    assert rules.recovery_hash(f" {one[0].lower().replace('-', ' ')} ", key="k") == digest
    assert rules.recovery_hash(one[0], key="other") != digest
    assert not rules.is_app_code(rules.clean_code(one[0]))


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36", "Chrome on Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1 Version/17.5 Safari/605.1", "Safari on macOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) CriOS/126.0 Mobile Safari/604.1", "Chrome on iPhone"),
        ("Mozilla/5.0 (Linux; Android 14) SamsungBrowser/25.0 Chrome/121.0 Mobile", "Samsung Internet on Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox on Linux"),
        ("curl/8.7.1", "curl"),
        ("", "Unknown device"),
    ],
)  # fmt: skip
def test_a_device_is_called_as_people_call_it(agent, device):
    assert rules.device_of(agent) == device


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("school.test", True),
        ("a-b.school.test", True),
        ("xn--e1afmkfd.xn--p1ai", True),
        ("school", False),
        ("-a.test", False),
        ("a..test", False),
        ("a.test.", False),
        ("*.test", False),
        ("a b.test", False),
        ("1.2.3.4", False),
        ("a.test\n", False),
    ],
)
def test_tells_domains_of_addresses(text, is_one):
    assert rules.is_domain(text) is is_one


@pytest.mark.parametrize(
    ("name", "slug"), [("Google", "google"), ("School  of N5!", "school-of-n5"), ("学校", ""), ("x" * 99, "x" * 40)]
)
def test_makes_short_names(name, slug):
    assert rules.slug_of(name) == slug


def test_the_setup_address_survives_odd_names():
    uri = rules.setup_uri(secret=SECRET, center="North: 学校 & Co", email="a+b@north.test")
    parsed = pyotp.parse_uri(uri)
    assert (parsed.secret, parsed.name) == (SECRET, "a+b@north.test")
