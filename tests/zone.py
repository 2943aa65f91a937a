"""A small DNS server on loopback: it answers TXT questions from a table, or with what is asked of it."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rrset


class Zone:
    """``records`` holds values by name. What is not there does not exist; ``broken`` names are answered with a failure,
    ``empty`` ones exist without such a record, ``silent`` ones get no answer at all."""

    def __init__(self) -> None:
        self.records: dict[str, list[str]] = {}
        self.broken: set[str] = set()
        self.empty: set[str] = set()
        self.silent: set[str] = set()
        self.asked: list[str] = []
        self.address = ""

    def answer(self, packet: bytes) -> bytes | None:
        question = dns.message.from_wire(packet)
        name = question.question[0].name.to_text(omit_final_dot=True).lower()
        self.asked.append(name)
        if name in self.silent:
            return None
        reply = dns.message.make_response(question)
        reply.flags |= dns.flags.AA
        if name in self.broken:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif name in self.records:
            values = [f'"{value}"' for value in self.records[name]]
            reply.answer.append(dns.rrset.from_text(question.question[0].name, 60, "IN", "TXT", *values))
        elif name not in self.empty:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply.to_wire()


@contextmanager
def serve() -> Iterator[Zone]:
    zone = Zone()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            packet, sock = self.request
            reply = zone.answer(packet)
            if reply is not None:
                sock.sendto(reply, self.client_address)

    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        zone.address = "{}:{}".format(*server.server_address)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield zone
        finally:
            server.shutdown()
