import assert from "node:assert/strict";
import { test } from "node:test";

import { ServerClock } from "../../../web/static/exam/clock.js";

const SERVER = Date.parse("2026-11-20T10:00:00Z");

function device({ skew = 0 } = {}) {
  const at = { monotonic: 1000, wall: SERVER + skew };
  const clock = new ServerClock({ monotonic: () => at.monotonic, wall: () => at.wall });
  const pass = (milliseconds) => { at.monotonic += milliseconds; at.wall += milliseconds; };
  const server = () => new Date(SERVER + at.monotonic - 1000).toISOString();
  return { at, clock, pass, server };
}

test("a device that is an hour off still shows the server's time", () => {
  const { clock, pass, server } = device({ skew: 3600e3 });
  clock.learn(server(), 1000);
  pass(90000);
  assert.equal(clock.now(), SERVER + 90000);
});

test("of several exchanges the quickest is believed", () => {
  const { at, clock, pass } = device();
  pass(400);
  clock.learn(new Date(SERVER + 390).toISOString(), at.monotonic - 400);
  assert.equal(clock.error, 200);
  const asked = at.monotonic;
  pass(20);
  clock.learn(new Date(SERVER + 410).toISOString(), asked);
  assert.equal(clock.error, 10);
  assert.equal(clock.now(), SERVER + 420);
});

test("news without a question counts only until an exchange says more", () => {
  const { clock, pass, server, at } = device();
  clock.learn(server());
  assert.equal(clock.error, Infinity);
  const asked = at.monotonic;
  pass(10);
  clock.learn(new Date(SERVER + 5).toISOString(), asked);
  assert.equal(clock.now(), SERVER + 10);
});

test("setting the device's time gains nothing and is noticed", () => {
  const { at, clock, server } = device();
  clock.learn(server(), 1000);
  at.wall -= 600e3;
  assert.equal(clock.now(), SERVER);
  assert.ok(clock.isDoubtful);
});

test("after sleep the next answer of the server is believed at once", () => {
  const { at, clock, server } = device();
  clock.learn(server(), 1000);
  at.wall += 300e3;
  clock.learn(new Date(SERVER + 300e3).toISOString());
  assert.equal(clock.now(), SERVER + 300e3);
  assert.ok(!clock.isDoubtful);
});

test("what is no time is not learnt", () => {
  const { clock } = device();
  clock.learn(undefined, 0);
  clock.learn("soon", 0);
  assert.ok(!clock.isKnown);
});
