import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { AnswerQueue } from "../../../web/static/exam/queue.js";
import { MemoryStore } from "../../../web/static/exam/store.js";
import { Journal, Wire, dice, openWindow } from "./double.mjs";

const ROUNDS = 200;
let time = 0;
const now = () => time;

const settled = () => new Promise((done) => { setImmediate(done); });

async function pass(milliseconds, step = 50) {
  for (let gone = 0; gone < milliseconds; gone += step) {
    time += step;
    mock.timers.tick(step);
    await settled();
  }
}

test.beforeEach(() => { time = 0; mock.timers.enable({ apis: ["setTimeout", "setInterval"] }); });
test.afterEach(() => mock.timers.reset());

// A student answers and changes answers while the connection comes and goes, and reloads the page now and then.
async function sit(seed, Queue = AnswerQueue) {
  const roll = dice(seed);
  const journal = new Journal();
  const store = new MemoryStore();
  let bad = 0.6;
  const wire = new Wire(journal, () => (roll() > bad ? "through" : roll() < 0.5 ? "lost" : "unanswered"));
  let queue = await openWindow({ journal, store, wire, now, Queue });
  const meant = new Map();
  for (let step = 0; step < 40; step += 1) {
    const die = roll();
    if (die < 0.6) {
      const question = `q${Math.floor(roll() * 6)}`;
      meant.set(question, step);
      queue.give(question, step);
    } else if (die < 0.8) {
      wire.isLive = !wire.isLive;
      if (wire.isLive) queue.reopened();
    } else if (die < 0.87) {
      queue.isOver = true;
      clearTimeout(queue.timer);
      wire.isLive = false;
      journal.epoch += 1;
      queue = await openWindow({ journal, store, wire, now, Queue });
    }
    await pass(roll() * 3000, 100);
  }
  bad = 0;
  await pass(60000, 500);
  return { journal, meant, queue, store };
}

function lost({ journal, meant }) {
  return [...meant].filter(([question, response]) => journal.answer(question) !== response);
}

test(`whatever the connection does, every answer arrives in the end (${ROUNDS} sittings)`, async () => {
  for (let seed = 1; seed <= ROUNDS; seed += 1) {
    const sitting = await sit(seed);
    assert.deepEqual(lost(sitting), [], `seed ${seed}`);
    assert.equal(sitting.queue.waiting.size, 0, `seed ${seed}`);
    assert.equal(sitting.store.entries.size, 0, `seed ${seed}`);
  }
});

test("the same sittings lose answers with a queue that forgets what it has sent", async () => {
  class Forgetful extends AnswerQueue {
    send(due) {
      super.send(due);
      this.settle({ acked: due.map(({ seq }) => seq) });
    }
  }
  let missing = 0;
  for (let seed = 1; seed <= 20; seed += 1) missing += lost(await sit(seed, Forgetful)).length;
  assert.ok(missing > 0);
});

test("an answer stays stored until it is acknowledged", async () => {
  const journal = new Journal();
  const store = new MemoryStore();
  let fate = "lost";
  const wire = new Wire(journal, () => fate);
  const queue = await openWindow({ journal, store, wire, now });
  queue.give("q1", "x");
  await pass(3000);
  assert.equal(store.entries.size, 1);
  fate = "through";
  await pass(20000);
  assert.equal(store.entries.size, 0);
  assert.equal(journal.answer("q1"), "x");
});

test("what is not acknowledged over a socket that broke goes out again over the next one", async () => {
  const journal = new Journal();
  let fate = "lost";
  const wire = Object.assign(new Wire(journal, () => fate), { isLive: true });
  const queue = await openWindow({ journal, store: new MemoryStore(), wire, now });
  queue.give("q1", "x");
  fate = "through";
  queue.reopened();
  await pass(100);
  assert.equal(journal.answer("q1"), "x");
  assert.equal(queue.waiting.size, 0);
});

test("a window that was taken over stops, and leaves what waits to the one that goes on", async () => {
  const journal = new Journal();
  const store = new MemoryStore();
  const ends = [];
  const wire = new Wire(journal, () => "lost");
  const old = await openWindow({ journal, store, wire, now, ended: (code) => ends.push(code) });
  old.give("q1", "kept");
  await pass(200);
  journal.epoch = 2;
  wire.fate = () => "through";
  await pass(20000);
  assert.deepEqual(ends, ["taken_over"]);
  await openWindow({ journal, store, wire, now });
  await pass(1000);
  assert.equal(journal.answer("q1"), "kept");
});

test("what one device could not deliver does not win over a later answer from another", async () => {
  const journal = new Journal();
  const store = new MemoryStore();
  const wire = new Wire(journal, () => "lost");
  const first = await openWindow({ journal, store, wire, now });
  first.give("q1", "old");
  first.give("q2", "only here");
  await pass(100);
  first.isOver = true;
  journal.epoch = 2;
  const elsewhere = await openWindow({ journal, store: new MemoryStore(), wire: new Wire(journal, () => "through"), now });
  elsewhere.give("q1", "new");
  await pass(1000);
  journal.epoch = 3;
  wire.fate = () => "through";
  await openWindow({ journal, store, wire, now });
  await pass(1000);
  assert.deepEqual([journal.answer("q1"), journal.answer("q2")], ["new", "only here"]);
});

test("an answer that was overtaken by a newer one is not left for a later window", async () => {
  const journal = new Journal();
  const store = new MemoryStore();
  const wire = Object.assign(new Wire(journal, () => "lost"), { isLive: true });
  const queue = await openWindow({ journal, store, wire, now });
  queue.give("q1", "old");
  wire.fate = () => "through";
  queue.give("q1", "new");
  await pass(500);
  assert.equal(journal.answer("q1"), "new");
  assert.equal(store.entries.size, 0);
});

test("one answer that is refused stands in the way of no other", async () => {
  const journal = new Journal();
  const wire = new Wire(journal, () => "through");
  wire.put = async (frame) => {
    if (frame.answers.some(({ question }) => question === "bad")) throw Object.assign(new Error(), { status: 422, code: "invalid" });
    return journal.save(frame);
  };
  const queue = await openWindow({ journal, store: new MemoryStore(), wire, now });
  for (const question of ["q1", "bad", "q2"]) queue.give(question, 1);
  await pass(5000);
  assert.deepEqual([journal.answer("q1"), journal.answer("bad"), journal.answer("q2")], [1, undefined, 1]);
  assert.equal(queue.waiting.size, 0);
});

test("a server that is busy for a moment gets the answer later, not less", async () => {
  const journal = new Journal();
  const wire = new Wire(journal, () => "through");
  let busy = 3;
  const put = wire.put.bind(wire);
  wire.put = async (frame) => {
    if (busy-- > 0) return { acked: [], refused: frame.answers.map(({ seq }) => ({ seq, code: "too_busy" })) };
    return put(frame);
  };
  const queue = await openWindow({ journal, store: new MemoryStore(), wire, now });
  queue.give("q1", 1);
  await pass(10000);
  assert.equal(journal.answer("q1"), 1);
});

test("a sign-in that has ended keeps what waits for the next one", async () => {
  const journal = new Journal();
  const store = new MemoryStore();
  const ends = [];
  const wire = new Wire(journal, () => "through");
  wire.put = async () => { throw Object.assign(new Error(), { status: 401, code: "not_authenticated" }); };
  const queue = await openWindow({ journal, store, wire, now, ended: (code) => ends.push(code) });
  queue.give("q1", 1);
  await pass(1000);
  assert.deepEqual(ends, ["not_signed_in"]);
  assert.equal(store.entries.size, 1);
});

test("a full disk does not stop an exam", async () => {
  const journal = new Journal();
  const store = new MemoryStore();
  store.put = async () => { throw new Error("quota"); };
  const queue = await openWindow({ journal, store, wire: new Wire(journal, () => "through"), now });
  queue.give("q1", 1);
  await pass(1000);
  assert.equal(journal.answer("q1"), 1);
  assert.equal(store.isDurable, false);
});

test("with the paper goes the newest answer to each question that still waits", async () => {
  const journal = new Journal();
  const queue = await openWindow({ journal, store: new MemoryStore(), wire: new Wire(journal, () => "lost"), now });
  queue.give("q1", "old");
  queue.give("q2", "b");
  queue.give("q1", "new");
  assert.deepEqual(queue.last(), { epoch: 1, answers: [{ seq: 3, question: "q1", response: "new" }, { seq: 2, question: "q2", response: "b" }] });
});

// A room that is paused now and then, over a connection that loses messages; judged like the product's own statement.
async function sitThroughPauses(seed, Queue = AnswerQueue) {
  const roll = dice(seed);
  const journal = new Journal();
  const save = journal.save.bind(journal);
  let isPaused = false;
  journal.save = (frame) => (isPaused ? { acked: [], refused: frame.answers.map(({ seq }) => ({ seq, code: "paused" })) } : save(frame));
  let bad = 0.4;
  const wire = new Wire(journal, () => (roll() > bad ? "through" : "lost"));
  const put = wire.put.bind(wire);
  wire.put = async (frame) => {
    const settlement = await put(frame);
    if (settlement.acked.length) return settlement;
    throw Object.assign(new Error(), { status: 409, code: "paused", refused: settlement.refused });
  };
  const queue = await openWindow({ journal, store: new MemoryStore(), wire, now, Queue });
  const meant = new Map();
  for (let step = 0; step < 25; step += 1) {
    const die = roll();
    if (die < 0.6) {
      const question = `q${Math.floor(roll() * 5)}`;
      meant.set(question, step);
      queue.give(question, step);
    } else if (die < 0.8) {
      isPaused = !isPaused;
      if (roll() < 0.7) queue.hold(isPaused);  // the news of it may be lost
    } else {
      wire.isLive = !wire.isLive;
      if (wire.isLive) queue.reopened();
    }
    await pass(roll() * 3000, 100);
  }
  isPaused = false;
  queue.hold(false);
  bad = 0;
  await pass(60000, 500);
  return { journal, meant };
}

test("whatever pauses a room has, no answer is lost (50 sittings)", async () => {
  for (let seed = 1; seed <= 50; seed += 1) assert.deepEqual(lost(await sitThroughPauses(seed)), [], `seed ${seed}`);
});

test("the same sittings lose answers with a queue that takes a pause for a refusal", async () => {
  class Offended extends AnswerQueue {
    settle({ acked = [], refused = [] }) {
      super.settle({ acked, refused: refused.map((one) => (one.code === "paused" ? { ...one, code: "bad_answer" } : one)) });
    }
  }
  let missing = 0;
  for (let seed = 1; seed <= 20; seed += 1) missing += lost(await sitThroughPauses(seed, Offended)).length;
  assert.ok(missing > 0);
});

test("of a long text that waits only the newest version goes out, and the store holds no other", async () => {
  const journal = new Journal();
  const store = new MemoryStore();
  const wire = new Wire(journal, () => "lost");
  const queue = await openWindow({ journal, store, wire, now });
  const text = (n) => "x".repeat(2000) + n;
  for (let n = 1; n <= 5; n += 1) queue.give("essay", text(n));
  queue.give("short", "a");
  queue.give("short", "b");
  await settled();
  assert.deepEqual([...queue.waiting.values()].map(({ response }) => response.slice(-1)), ["5", "a", "b"]);
  assert.equal(store.entries.size, 3);
  wire.fate = () => "through";
  await pass(60000, 500);
  assert.equal(journal.answer("essay"), text(5));
  assert.equal(queue.waiting.size, 0);
});

test("no frame is larger than the socket takes, and all of them arrive", async () => {
  const journal = new Journal();
  const store = new MemoryStore();
  const wire = new Wire(journal, () => "through");
  const queue = await openWindow({ journal, store, wire, now });
  const frames = [];
  const push = wire.push.bind(wire);
  wire.isLive = false;
  const questions = Array.from({ length: 6 }, (_, n) => `essay ${n}`);
  for (const question of questions) queue.give(question, "あ".repeat(8000));
  wire.push = (frame) => { frames.push(JSON.stringify(frame)); return push(frame); };
  wire.isLive = true;
  queue.reopened();
  await pass(20000, 500);
  assert.ok(frames.length >= 6);
  assert.ok(frames.every((frame) => new TextEncoder().encode(frame).length < 65536));
  for (const question of questions) assert.equal(journal.answer(question).length, 8000);
});
