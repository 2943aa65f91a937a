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
  assert.deepEqual(center.said.slice(1), [{ action: "stall", play: "p", seconds: 2.5 }]);
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
