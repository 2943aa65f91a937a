"""Whether a stop-watch tells who has an account: medians of requests in pairs that take turns, with the real hash.

Each pair is one request for somebody and one for nobody. The ratio of their medians is the least conspicuous of some
rounds, because other work goes on beside; the control, a refusal before the hash, has to be far off in all of them.
"""

from __future__ import annotations

import argparse
import itertools
import logging
import random
import statistics
import time
from collections.abc import Callable, Iterator

from benchmarks.harness import Run, stage

NEAR = 0.10
MANY = {f"THROTTLE_{name}": "100000000/min" for name in ("AUTH", "ANON", "REGISTER", "RESET", "USER")}
Ask = Callable[[int], None]


class Requests:
    """Requests of the pairs, in one process with the application. Each is told its own number."""

    def __init__(self, host: str, many: int) -> None:
        from django.test import Client

        self.client, self.host, self.many = Client(SERVER_NAME=host), host, many

    def prepare(self) -> None:
        """People of each kind: with a password, with a second factor, shut out, and some whose addresses are taken."""
        from django.contrib.auth.hashers import make_password

        from apps.authentication.models import SecondFactor, User
        from apps.centers.models import Center
        from apps.core import tenancy

        Center.objects.filter(pk=tenancy.current().id).update(registration="APPROVAL")
        password = make_password("right")
        people = [
            User(email=f"{kind}{number}@bench.test", password=password, is_approved=True, is_active=kind != "off")
            for kind in ("known", "factor", "off", "taken")
            for number in range(self.many if kind == "taken" else 50)
        ]
        User.objects.bulk_create(people)
        with_factor = [user for user in people if user.email.startswith("factor")]
        SecondFactor.objects.bulk_create(
            SecondFactor(user=user, secret="x", confirmed_at="2020-01-01T00:00:00Z") for user in with_factor
        )

    def post(self, path: str, status: int, **body: str) -> None:
        answer = self.client.post(f"/api/v1/auth/{path}/", body, content_type="application/json")
        assert answer.status_code == status, answer.content

    def sign_in(self, kind: str) -> Ask:
        return lambda number: self.post("login", 401, email=f"{kind}{number % 50}@bench.test", password="wrong")

    def reset(self, kind: str) -> Ask:
        return lambda number: self.post("password/reset", 202, email=f"{kind}{number}@bench.test")

    def register(self, kind: str) -> Ask:
        return lambda number: self.post(
            "register", 201, email=f"{kind}{number}@bench.test", password="a long sentence 9"
        )

    def pairs(self) -> Iterator[tuple[str, Ask, Ask]]:
        for kind in ("known", "factor", "off"):
            yield f"sign in: {kind} / nobody", self.sign_in(kind), self.sign_in("nobody")
        yield "reset: somebody / nobody", self.reset("taken"), self.reset("none")
        yield "register: taken / free", self.register("taken"), self.register("free")


def medians(first: Ask, second: Ask, numbers: Iterator[int], pairs: int) -> tuple[float, float]:
    times: dict[Ask, list[float]] = {first: [], second: []}
    for _ in range(pairs):
        number = next(numbers)
        for ask in random.sample([first, second], 2):
            began = time.perf_counter()
            ask(number)
            times[ask].append(time.perf_counter() - began)
    return statistics.median(times[first]), statistics.median(times[second])


def conspicuous(first: Ask, second: Ask, *, rounds: int, pairs: int) -> list[tuple[float, float, float]]:
    """Of each round both medians and by how much they differ."""
    numbers = itertools.count()
    found = []
    for _ in range(rounds):
        one, two = medians(first, second, numbers, pairs)
        found.append((abs(one - two) / max(one, two), one, two))
    return found


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--pairs", type=int, default=200)
    words.add_argument("--rounds", type=int, default=5)
    given = words.parse_args()
    run = Run("enumeration", unit="s", repeats=given.rounds)
    partner: dict[str, str] = {}
    with stage("enumeration", environment={**MANY, "AXES_FAILURE_LIMIT": "1000000000"}) as here:
        from django.contrib.auth.hashers import make_password

        from apps.core import tenancy

        logging.getLogger("axes").setLevel(logging.ERROR)
        center = here.open_center("bench")
        with tenancy.enter(center):
            requests = Requests(center.host, given.pairs * given.rounds)
            requests.prepare()

            def hash_one() -> None:
                make_password("x")

            pairs = list(requests.pairs())
            pairs.append(("control: a hash / none", lambda _: hash_one(), lambda _: None))
            for name, first, second in pairs:
                found = conspicuous(first, second, rounds=given.rounds, pairs=given.pairs)
                names = [f"{name} ({number})" for number in ("first", "second")]
                partner |= {names[0]: names[1], names[1]: names[1]}
                run.values[names[0]] = [one for _, one, _ in found]
                run.values[names[1]] = [two for _, _, two in found]
                least = min(off for off, _, _ in found)
                print(f"  {name:30} differ by {100 * least:.1f} %", flush=True)
                if name.startswith("control"):
                    run.bar(name, least, at_least=NEAR)
                else:
                    run.bar(name, least, at_most=NEAR)
    run.report(against=lambda name: partner[name])


if __name__ == "__main__":
    main()
