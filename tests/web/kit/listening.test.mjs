import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { Listening } from "../../../web/static/exam/listening.js";

let gone = 0;
const settled = () => new Promise((done) => { setImmediate(done); });
const BEGIN = Date.UTC(2026, 0, 1);
const clock = { monotonic: () => gone, now: () => BEGIN + gone };

class Audio extends EventTarget {
  constructor(url) { super(); this.url = url; Audio.last = this; }
  async play() { this.isPlaying = true; }
  pause() { this.isPlaying = false; }
  say(name) { this.dispatchEvent(new Event(name)); }
}

class Center {
  said = [];
  offset = 0;
  async call(method, path, body) {
    if (method === "GET") return { recordings: [{ recording: "r", plays: 0, plays_left: 2 }], cue: this.cue ?? null };
    this.said.push(body);
    if (this.refusal) throw this.refusal;
    return { play: "p", plays_left: 1, url: "/play", offset: this.offset };
  }
}

test.beforeEach(() => { gone = 0; mock.timers.enable({ apis: ["setTimeout"] }); });
test.afterEach(() => mock.timers.reset());

test("a play is asked for, counted, and its end is told", async () => {
  const center = new Center();
  const listening = new Listening({ http: center, attempt: "a", clock, Audio });
  await listening.open();
  assert.equal(listening.left.get("r"), 2);
  await listening.play("r");
  await listening.play("r");  // one at a time
  assert.deepEqual([center.said.length, listening.left.get("r"), Audio.last.url], [1, 1, "/play"]);
  Audio.last.say("ended");
  assert.deepEqual(center.said.map(({ action }) => action), ["start", "finish"]);
  assert.equal(listening.playing, null);
});

test("a stall on the way is measured; the first loading is none", async () => {
  const center = new Center();
  const listening = new Listening({ http: center, attempt: "a", clock, Audio });
  await listening.play("r");
  Audio.last.say("waiting");
  gone += 5000;
  Audio.last.say("playing");
  Audio.last.say("waiting");
  gone += 2500;
  Audio.last.say("playing");
  const [{ report, ...told }] = center.said.slice(1);
  assert.deepEqual([told, center.said.length], [{ action: "stall", play: "p", seconds: 2.5 }, 2]);
  assert.match(report, /^[0-9a-f-]{36}$/);
});

test("what the server refuses is said, and nothing sounds", async () => {
  const center = Object.assign(new Center(), { refusal: new Error("No plays left.") });
  const listening = new Listening({ http: center, attempt: "a", clock, Audio });
  Audio.last = null;
  await listening.play("r");
  assert.deepEqual([listening.problem, listening.playing, Audio.last], ["No plays left.", null, null]);
});

test("a room listens together from one moment of the server's clock, once", async () => {
  const center = new Center();
  const listening = new Listening({ http: center, attempt: "a", clock, Audio });
  const cue = { id: "c", recording: "r", starts_at: new Date(BEGIN + 4000).toISOString() };
  listening.follow(cue);
  listening.follow(cue);
  mock.timers.tick(3900);
  assert.equal(center.said.length, 0);
  mock.timers.tick(200);
  await settled();
  assert.deepEqual(center.said.map(({ action, cue: which }) => [action, which]), [["start", "c"]]);
});

test("who comes late begins where the room is", async () => {
  const center = Object.assign(new Center(), { offset: 42, cue: { id: "c", recording: "r", starts_at: new Date(BEGIN - 42000).toISOString() } });
  const listening = new Listening({ http: center, attempt: "a", clock, Audio });
  await listening.open();
  mock.timers.tick(1);
  await settled();
  Audio.last.say("loadedmetadata");
  assert.equal(Audio.last.currentTime, 42);
});

// -- by the clock of the section -------------------------------------------------------------------------------------

class Room extends Center {
  cues = [];
  asked = 0;
  async call(method, path, body) {
    if (!path.endsWith("next-recording/")) return super.call(method, path, body);
    this.asked += 1;
    if (this.isGone) throw new Error("No connection.");
    return { cue: this.cues[0] ?? null };
  }
}

const soon = (id, seconds) => ({ id, recording: `r-${id}`, starts_at: new Date(BEGIN + gone + seconds * 1000).toISOString() });

test("what the clock says starts by itself, and the next one after it", async () => {
  const room = Object.assign(new Room(), { cues: [soon("one", 5), soon("two", 30)] });
  const listening = new Listening({ http: room, attempt: "a", clock, Audio, byClock: true });
  await listening.open();
  assert.deepEqual([listening.startsAt.recording, room.said], ["r-one", []]);
  mock.timers.tick(5000);
  await settled();
  assert.equal(room.said[0].cue, "one");
  room.cues.shift();
  gone += 25000;
  Audio.last.say("ended");
  await settled(); await settled();
  assert.equal(listening.cue, "two");
  mock.timers.tick(5000);
  await settled();
  assert.deepEqual(room.said.map(({ action, cue }) => cue ?? action), ["one", "finish", "two"]);
  room.cues.shift();
  Audio.last.say("ended");
  await settled(); await settled();
  assert.equal(listening.playing, null);
});

test("without a connection it is asked again until there is an answer, and not after the end", async () => {
  const room = Object.assign(new Room(), { isGone: true, cues: [soon("one", 60)] });
  const listening = new Listening({ http: room, attempt: "a", clock, Audio, byClock: true });
  await listening.open();
  room.isGone = false;
  mock.timers.tick(3000);
  await settled();
  assert.deepEqual([room.asked, listening.cue], [2, "one"]);
  listening.end();
  await listening.advance();
  mock.timers.tick(70000);
  assert.deepEqual([room.asked, room.said], [2, []]);
});

test("a pause holds what is heard, and it goes on from there", async () => {
  const room = Object.assign(new Room(), { cues: [soon("one", 0)] });
  const listening = new Listening({ http: room, attempt: "a", clock, Audio, byClock: true });
  await listening.open();
  mock.timers.tick(1);
  await settled();
  const audio = Audio.last;
  listening.hold(true);
  assert.equal(audio.isPlaying, false);
  listening.hold(false);
  assert.equal(audio.isPlaying, true);
  assert.equal(room.said.length, 1);
});

test("a pause before the start asks anew when time goes on", async () => {
  const room = Object.assign(new Room(), { cues: [soon("one", 5)] });
  const listening = new Listening({ http: room, attempt: "a", clock, Audio, byClock: true });
  await listening.open();
  listening.hold(true);
  mock.timers.tick(6000);
  await settled();
  assert.deepEqual(room.said, []);
  listening.hold(false);
  await settled();
  assert.equal(room.asked, 2);
});
