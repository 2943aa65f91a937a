"""Students at their desks, many in one process: raw frames over raw sockets, so that the client is never the limit.

Run as ``python -m benchmarks.load`` with a job (JSON) on standard input; prints the result as JSON. A student keeps
``window`` answers unacknowledged and sends the next one as soon as one is acknowledged.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
import gc
import json
import sys
import time
from typing import Any

import uvloop

PATIENCE = 60


class Student(asyncio.Protocol):
    """One connection; subclasses know how to ask and how to read."""

    def __init__(self, job: dict[str, Any], desk: dict[str, Any]) -> None:
        self.job = job
        self.desk = desk
        self.seq = job["first_seq"]
        self.items = desk["items"]
        self.sent: dict[int, float] = {}
        self.waits: list[float] = []
        self.acked = 0
        self.errors = 0
        self.is_running = False
        self.buffer = b""
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(6, 1, 1)  # TCP_NODELAY
        self.enter()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.is_running:
            self.errors += 1
        if not self.ready.done():
            self.ready.set_exception(ConnectionError(self.buffer[:200].decode("latin-1")))

    def enter(self) -> None:
        self.ready.set_result(None)

    def go(self) -> None:
        self.is_running = True
        now = time.perf_counter()
        self.transport.write(b"".join(self.next_answer(now) for _ in range(self.job["window"])))

    def next_answer(self, now: float) -> bytes:
        self.seq += 1
        self.sent[self.seq] = now
        question, option = self.items[self.seq % len(self.items)]
        return self.pack(f'{{"seq":{self.seq},"question":"{question}","response":"{option}"}}')

    def took(self, seqs: list[int]) -> None:
        now = time.perf_counter()
        for seq in seqs:
            self.waits.append(now - self.sent.pop(seq))
        self.acked += len(seqs)
        if self.is_running:
            self.transport.write(b"".join([self.next_answer(now) for _ in seqs]))

    def pack(self, answer: str) -> bytes:
        raise NotImplementedError


class SocketStudent(Student):
    def enter(self) -> None:
        key = base64.b64encode(b"0123456789abcdef").decode()
        self.transport.write(
            f"GET /ws/attempts/{self.desk['attempt']}/ HTTP/1.1\r\nHost: {self.job['host']}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: ticket.{self.desk['ticket']}\r\n\r\n".encode()
        )

    def pack(self, answer: str) -> bytes:
        body = f'{{"type":"answers","epoch":1,"answers":[{answer}]}}'.encode()
        # A mask of zeros is a mask like any other, and leaves the text as it is.
        head = (
            bytes((0x81, 0xFE)) + len(body).to_bytes(2, "big") if len(body) > 125 else bytes((0x81, 0x80 | len(body)))
        )
        return head + b"\0\0\0\0" + body

    def data_received(self, data: bytes) -> None:
        buffer = self.buffer + data if self.buffer else data
        if not self.ready.done() and not buffer.startswith(b"\x81"):
            head, found, buffer = buffer.partition(b"\r\n\r\n")
            if not found or b" 101 " not in head[:20]:
                self.buffer = head
                if found:
                    self.transport.close()
                return
        place = 0
        seqs: list[int] = []
        while len(buffer) - place >= 2:
            size, start = buffer[place + 1], place + 2
            if size == 126:
                if len(buffer) < start + 2:
                    break
                size, start = int.from_bytes(buffer[start : start + 2], "big"), start + 2
            if len(buffer) < start + size:
                break
            if buffer[place] == 0x81:
                self.heard(buffer[start : start + size], seqs)
            elif buffer[place] == 0x89:
                self.transport.write(b"\x8a\x80\0\0\0\0")
            place = start + size
        self.buffer = buffer[place:]
        if seqs:
            self.took(seqs)

    def heard(self, text: bytes, seqs: list[int]) -> None:
        if text.startswith(b'{"type":"acked","acked":['):
            seqs += map(int, text[25 : text.index(b"]")].split(b","))
        elif text.startswith(b'{"type":"hello"'):
            self.ready.set_result(None)
        else:
            self.errors += 1


class HttpStudent(Student):
    def enter(self) -> None:
        self.head = (
            f"{self.job['method']} {self.job['path'].format(attempt=self.desk['attempt'])} HTTP/1.1\r\n"
            f"Host: {self.job['host']}\r\nAuthorization: Bearer {self.desk['token']}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        )
        super().enter()

    def pack(self, answer: str) -> bytes:
        body = f'{{"epoch":1,"answers":[{answer}]}}'
        return f"{self.head}{len(body)}\r\n\r\n{body}".encode()

    def data_received(self, data: bytes) -> None:
        buffer = self.buffer + data if self.buffer else data
        end = buffer.find(b"\r\n\r\n")
        if end >= 0:
            at = buffer.lower().find(b"content-length:", 0, end)
            size = int(buffer[at + 15 : buffer.index(b"\r", at)])
            if len(buffer) >= end + 4 + size:
                self.buffer = buffer[end + 4 + size :]
                seqs = list(self.sent)
                if buffer[9:12] != b"200":
                    self.errors += 1
                    self.acked -= len(seqs)
                return self.took(seqs)
        self.buffer = buffer
        return None


async def work(job: dict[str, Any]) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    kind: type[Student] = SocketStudent if job["kind"] == "ws" else HttpStudent
    students: list[Student] = []
    for first in range(0, len(job["desks"]), 16):
        group = []
        for desk in job["desks"][first : first + 16]:
            _, student = await loop.create_connection(functools.partial(kind, job, desk), "127.0.0.1", job["port"])
            group.append(student)
        await asyncio.wait_for(asyncio.gather(*(student.ready for student in group)), PATIENCE)
        students += group
    for student in students:
        student.go()
    await asyncio.sleep(job["warm_up"])
    started, before = time.perf_counter(), sum(student.acked for student in students)
    for student in students:
        student.waits.clear()
    cpu = time.process_time()
    print("start", flush=True)
    await asyncio.sleep(job["seconds"])
    count, took = sum(student.acked for student in students) - before, time.perf_counter() - started
    cpu = (time.process_time() - cpu) / took
    print("stop", flush=True)
    waits = sorted(wait for student in students for wait in student.waits) or [0.0]
    for student in students:
        student.is_running = False
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while any(student.sent for student in students) and not any(student.errors for student in students):
                await asyncio.sleep(0.01)
    for student in students:
        student.transport.close()
    return {
        "rate": count / took,
        "p50": waits[len(waits) // 2] * 1000,
        "p99": waits[len(waits) * 99 // 100] * 1000,
        "errors": sum(student.errors for student in students),
        "cpu": cpu,
        "acked": sum(student.acked for student in students),
    }


if __name__ == "__main__":
    gc.disable()
    print(json.dumps(uvloop.run(work(json.load(sys.stdin)))))
