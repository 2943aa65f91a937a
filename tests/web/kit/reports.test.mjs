import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { Listening } from "../../../web/static/exam/listening.js";
import { Reports } from "../../../web/static/exam/reports.js";
import { MemoryStore } from "../../../web/static/exam/store.js";
import { dice } from "./double.mjs";

let gone = 0;
const clock = { monotonic: () => gone, now: () => gone };
const settled = () => new Promise((done) => { setImmediate(done); });

async function pass(seconds) {
  for (let step = 0; step < seconds * 4; step += 1) {
    gone += 250;
    mock.timers.tick(250);
    await settled();
    await settled();
  }
}

test.beforeEach(() => { gone = 0; mock.timers.enable({ apis: ["setTimeout"] }); });
test.afterEach(() => mock.timers.reset());

class Audio extends EventTarget {
  constructor() { super(); Audio.last = this; }
  async play() {}
  pause() {}
  say(name) { this.dispatchEvent(new Event(name)); }
}

// The server as it counts stalls: each report once, under its id. ``fate()`` decides of each message on its way.
class Center {
  heard = [];
  credited = new Map();
  fate = () => "through";

  async call(method, path, body) {
    const fate = this.fate();
    if (fate === "lost") throw Object.assign(new Error("cut"), { status: 0 });
    if (typeof fate === "number") throw Object.assign(new Error("refused"), { status: fate });
    this.heard.push(body.action);
    if (body.action === "stall" && !this.credited.has(body.report)) this.credited.set(body.report, body.seconds);
    if (fate === "unanswered") throw Object.assign(new Error("cut"), { status: 0 });
    return { play: "p", plays_left: 1, url: "/play", offset: 0 };
  }

  get sum() { return [...this.credited.values()].reduce((sum, seconds) => sum + seconds, 0); }
}

const open = async (center, store) => {
  const reports = new Reports({ http: center, attempt: "a", store });
  await reports.open();
  return reports;
};

async function playOverACutCable(center, listening) {
  await listening.play("r");
  Audio.last.say("playing");
  center.fate = () => "lost";  // the cable is cut: the recording stands still, and so does what is said of it
  Audio.last.say("waiting");
  gone += 8000;
  Audio.last.say("playing");
  Audio.last.say("ended");
  await settled();
  await pass(3);
}

test("a cut cable makes a play stand still and keeps the report; both are told when it is mended, in their order", async () => {
  const center = new Center();
  const reports = await open(center, new MemoryStore());
  const listening = new Listening({ http: center, attempt: "a", clock, Audio, reports });
  await playOverACutCable(center, listening);
  assert.deepEqual([center.heard, center.sum, listening.playing], [["start"], 0, null]);
  center.fate = () => "through";
  await pass(20);
  assert.deepEqual([center.heard, center.sum, reports.waiting.length], [["start", "stall", "finish"], 8, 0]);
});

test("a page that tells once and swallows what goes wrong loses it", async () => {
  const center = new Center();
  const once = { tell: async (body) => { try { await center.call("POST", "", body); } catch { /* lost */ } } };
  const listening = new Listening({ http: center, attempt: "a", clock, Audio, reports: once });
  await playOverACutCable(center, listening);
  center.fate = () => "through";
  await pass(20);
  assert.deepEqual([center.heard, center.sum], [["start"], 0]);
});

test("what could not be told survives a reload, and goes out before what is new", async () => {
  const center = Object.assign(new Center(), { fate: () => "lost" });
  const store = new MemoryStore();
  const before = await open(center, store);
  before.tell({ action: "stall", play: "p", seconds: 3 });
  before.tell({ action: "finish", play: "p" });
  await pass(2);
  before.end();
  center.fate = () => "through";
  const after = await open(center, store);
  await after.tell({ action: "stall", play: "q", seconds: 4 });
  await pass(1);
  assert.deepEqual([center.heard, center.sum], [["stall", "finish", "stall"], 7]);
  assert.deepEqual(await store.reportsOf("a"), []);
});

test("an answer that was lost costs nothing: the same report again counts once", async () => {
  const center = Object.assign(new Center(), { fate: () => "unanswered" });
  const reports = await open(center, new MemoryStore());
  reports.tell({ action: "stall", play: "p", seconds: 3 });
  await pass(10);
  center.fate = () => "through";
  await pass(20);
  assert.ok(center.heard.length > 2);
  assert.deepEqual([center.sum, reports.waiting.length], [3, 0]);
});

test("what the server refuses stands in the way of nothing; what it cannot take now is told again", async () => {
  const fates = [404, 429, 503, "through"];
  const center = Object.assign(new Center(), { fate: () => fates.shift() ?? "through" });
  const reports = await open(center, new MemoryStore());
  reports.tell({ action: "stall", play: "gone", seconds: 3 });
  reports.tell({ action: "stall", play: "p", seconds: 4 });
  await pass(20);
  assert.deepEqual([center.sum, reports.waiting.length], [4, 0]);
});

test("the connection that comes back is used at once", async () => {
  const center = Object.assign(new Center(), { fate: () => "lost" });
  const reports = await open(center, new MemoryStore());
  reports.tell({ action: "stall", play: "p", seconds: 3 });
  await pass(60);
  center.fate = () => "through";
  reports.hurry();
  await settled();
  assert.equal(center.sum, 3);
});

test("after the end nothing goes out, and the attempt's reports are forgotten with its answers", async () => {
  const center = Object.assign(new Center(), { fate: () => "lost" });
  const store = new MemoryStore();
  const reports = await open(center, store);
  reports.tell({ action: "stall", play: "p", seconds: 3 });
  await settled();
  reports.end();
  center.fate = () => "through";
  reports.tell({ action: "finish", play: "p" });
  await pass(30);
  assert.deepEqual(center.heard, []);
  await store.forget("a");
  assert.deepEqual(await store.reportsOf("a"), []);
});

test("200 drawn plays over a connection that loses requests and answers while the page reloads are credited exactly", async () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const chance = dice(seed);
    const center = new Center();
    center.fate = () => ["through", "through", "lost", "unanswered", 503][Math.floor(chance() * 5)];
    const store = new MemoryStore();
    let reports = await open(center, store);
    let told = 0;
    for (let number = 0; number < 6; number += 1) {
      reports.tell({ action: "stall", play: "p", seconds: number + 1 });
      told += number + 1;
      await pass(chance() * 3);
      if (chance() < 0.3) {
        reports.end();
        reports = await open(center, store);
      }
    }
    center.fate = () => "through";
    await pass(20);
    assert.deepEqual([seed, center.sum, reports.waiting.length], [seed, told, 0]);
  }
});
