import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { Sitting } from "../../../web/static/exam/sitting.js";
import { watchScreen } from "../../../web/static/exam/screen.js";
import { MemoryStore } from "../../../web/static/exam/store.js";

const BEGIN = Date.UTC(2026, 0, 1, 9);
const iso = (seconds) => new Date(BEGIN + seconds * 1000).toISOString();
const SECTIONS = ["a", "b"];
const STEPS = [
  { kind: "SECTION", section: "a", name: "A", seconds: 60 },
  { kind: "BREAK", section: null, name: "", seconds: 20 },
  { kind: "SECTION", section: "b", name: "B", seconds: 60 },
];

let gone = 0;
const settled = () => new Promise((done) => { setImmediate(done); });

async function pass(seconds) {
  for (let step = 0; step < seconds * 10; step += 1) {
    gone += 100;
    mock.timers.tick(100);
    await settled();
  }
}

test.beforeEach(() => { gone = 0; mock.timers.enable({ apis: ["setTimeout", "setInterval"] }); });
test.afterEach(() => mock.timers.reset());

// The server as far as a sitting needs it: it shows the section of its own time, which may be behind the page's.
class Center {
  asked = [];
  behind = 0;
  state = { deadline_at: iso(140), step_ends: [iso(60), iso(80), iso(140)], step_floor: 0, paused_at: null, course: STEPS };
  announcements = [];
  saved = [];
  refuses = null;

  get now() { return gone / 1000 - this.behind; }

  get paper() {
    const ends = this.state.step_ends.map((end) => (Date.parse(end) - BEGIN) / 1000);
    const step = Math.max(ends.findIndex((end) => this.now < end), this.state.step_floor);
    const open = this.state.paused_at ? null : STEPS[step].section;
    return { sections: SECTIONS.map((id) => ({ id, question_groups: id === open ? [{ questions: [] }] : [] })) };
  }

  async ask() {
    const started = { attempt: "x", epoch: 1, paper: this.paper, server_time: iso(gone / 1000), ...this.state };
    return { status: 201, json: async () => started };
  }

  async call(method, path, data) {
    this.asked.push(`${method} ${path}`);
    if (path.endsWith("/paper/")) return this.paper;
    if (path.endsWith("/announcements/")) return { results: [...this.announcements] };
    if (path.endsWith("/next-section/")) {
      this.state = { ...this.state, step_floor: data.step + 1 };
      return { ...this.state, server_time: iso(gone / 1000) };
    }
    if (method === "PUT") {
      if (this.refuses) throw Object.assign(new Error(), { status: 409, code: this.refuses });
      this.saved.push(...data.answers);
      return { acked: data.answers.map(({ seq }) => seq), refused: [], server_time: iso(gone / 1000) };
    }
    return { answers: {}, last_seqs: {}, latest: {}, server_time: iso(gone / 1000), ...this.state };
  }

  papers() { return this.asked.filter((path) => path.endsWith("/paper/")).length; }
}

class Door {
  isOpen = false;
  sent = [];
  constructor(path, purpose, ears) { Object.assign(this, { path, purpose, ears }); Door.last = this; }
  send(message) { if (this.isOpen) this.sent.push(message); return this.isOpen; }
  open() { this.isOpen = true; this.ears.state("open"); }
  say(message) { this.ears.message(message); }
  stop() {}
  hurry() {}
}

async function enter(center, on = {}) {
  const clock = { monotonic: () => gone, now: () => BEGIN + gone, learn() {}, isDoubtful: false, error: 0 };
  return Sitting.enter({ http: center, room: "r", store: new MemoryStore(), clock, Socket: Door, scatter: () => 0.5, on });
}

const shown = (sitting) => sitting.paper.sections.filter(({ question_groups: groups }) => groups.length).map(({ id }) => id);

test("the next section comes by the clock, without a reload, and a break asks for nothing", async () => {
  const center = new Center();
  const steps = [];
  const sitting = await enter(center, { step: ({ number }) => steps.push(number) });
  assert.deepEqual([shown(sitting), sitting.step.name], [["a"], "A"]);
  await pass(61);
  assert.equal(sitting.step.kind, "BREAK");
  await pass(10);
  assert.deepEqual([steps, center.papers()], [[1], 0]);
  await pass(15);
  assert.deepEqual([steps, shown(sitting), center.papers()], [[1, 2], ["b"], 1]);
  await pass(30);
  assert.equal(center.papers(), 1);
  sitting.leave();
});

test("a server whose time has not come yet is asked again until it has", async () => {
  const center = new Center();
  center.behind = 6;
  const sitting = await enter(center);
  await pass(82);
  assert.equal(sitting.isTurning, true);
  await pass(12);
  assert.deepEqual([shown(sitting), sitting.isTurning], [["b"], false]);
  assert.ok(center.papers() > 1);
  sitting.leave();
});

test("pages of one class do not ask at one moment", async () => {
  const moments = [];
  for (const scatter of [0, 0.25, 0.5, 0.75, 1]) {
    gone = 0;
    const center = new Center();
    const clock = { monotonic: () => gone, now: () => BEGIN + gone, learn() {}, isDoubtful: false, error: 0 };
    const sitting = await Sitting.enter({ http: center, room: "r", store: new MemoryStore(), clock, Socket: Door, scatter: () => scatter });
    while (!center.papers()) await pass(0.1);
    moments.push(gone);
    sitting.leave();
  }
  assert.ok(Math.max(...moments) - Math.min(...moments) >= 2000, String(moments));
});

test("going on early is said to the server after all answers are there, and shows the next one at once", async () => {
  const center = new Center();
  const sitting = await enter(center);
  sitting.give("q", "1");
  const going = sitting.goOn();
  await pass(1);
  await going;
  const order = center.asked.filter((path) => path.startsWith("PUT") || path.includes("next-section"));
  assert.deepEqual(order.map((path) => path.split(" ")[0]), ["PUT", "POST"]);
  assert.equal(sitting.step.kind, "BREAK");
  sitting.leave();
});

test("a section is not left while answers to it are on their way", async () => {
  const center = new Center();
  const sitting = await enter(center);
  center.call = async () => { throw Object.assign(new Error(), { status: 0 }); };
  sitting.give("q", "1");
  const going = assert.rejects(sitting.goOn(), /on their way/);
  await pass(5);
  await going;
  assert.equal(sitting.step.name, "A");
  sitting.leave();
});

for (const [code, isKept] of [["paused", true], ["section_not_open", true], ["too_fast", true], ["section_closed", false]]) {
  test(`an answer that is refused as ${code} is ${isKept ? "kept and sent again" : "dropped, and ends nothing else"}`, async () => {
    const center = new Center();
    const dropped = [];
    const ends = [];
    const sitting = await enter(center, { dropped: (answer) => dropped.push(answer), over: (end) => ends.push(end) });
    center.refuses = code;
    sitting.give("q", "1");
    await pass(8);
    assert.equal(sitting.queue.waiting.size, isKept ? 1 : 0);
    center.refuses = null;
    sitting.give("r", "2");
    await pass(20);
    assert.deepEqual(center.saved.map(({ question }) => question).sort(), isKept ? ["q", "r"] : ["r"]);
    assert.deepEqual([dropped, ends], [isKept ? [] : [{ question: "q", code }], []]);
    sitting.leave();
  });
}

test("a pause stops the clock, keeps the answers, and sends them when it is over", async () => {
  const center = new Center();
  const told = [];
  const sitting = await enter(center, { timer: ({ isPaused, moved }) => told.push([isPaused, moved]) });
  await pass(10);
  center.refuses = "paused";
  Door.last.say({ type: "timer", ...center.state, paused_at: iso(10) });
  sitting.give("q", "1");
  await pass(30);
  assert.deepEqual([sitting.isPaused, Math.round(sitting.stepSecondsLeft()), sitting.queue.waiting.size], [true, 50, 1]);
  center.refuses = null;
  const shifted = { ...center.state, deadline_at: iso(170), step_ends: [iso(90), iso(110), iso(170)] };
  center.state = shifted;
  Door.last.say({ type: "timer", ...shifted, paused_at: null });
  await pass(1);
  assert.deepEqual([sitting.isPaused, Math.round(sitting.stepSecondsLeft()), center.saved.length], [false, 49, 1]);
  assert.deepEqual(told, [[true, 0], [false, 30]]);
  sitting.leave();
});

test("who comes while it is paused sees the paper when it goes on", async () => {
  const center = new Center();
  center.state = { ...center.state, paused_at: iso(0) };
  const sitting = await enter(center);
  assert.deepEqual(shown(sitting), []);
  await pass(20);
  assert.equal(center.papers(), 0);
  center.state = { ...center.state, paused_at: null };
  Door.last.say({ type: "timer", ...center.state });
  await pass(5);
  assert.deepEqual(shown(sitting), ["a"]);
  sitting.leave();
});

test("announcements are told once, also those that were missed while there was no connection", async () => {
  const center = new Center();
  center.announcements = [{ id: "1", text: "before", said_at: iso(0) }];
  const told = [];
  const sitting = await enter(center, { announced: ({ said, isNew }) => told.push([said.text, isNew]) });
  await settled();
  Door.last.open();
  Door.last.say({ type: "announcement", id: "2", text: "live", said_at: iso(1) });
  center.announcements = [{ id: "3", text: "missed" }, { id: "2", text: "live" }, { id: "1", text: "before" }];
  Door.last.open();
  await settled();
  assert.deepEqual(told, [["before", false], ["live", true], ["missed", true]]);
  sitting.leave();
});

test("what the screen noticed without a connection is told when it is back", async () => {
  const center = new Center();
  const sitting = await enter(center);
  sitting.note("blur");
  Door.last.open();
  assert.deepEqual(Door.last.sent.map(({ type, kind }) => [type, kind]), [["event", "blur"]]);
  sitting.leave();
});

test("the screen tells of leaving and coming back, and of nothing after its end", () => {
  const window = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: "visible" });
  let time = 0;
  const told = [];
  const stop = watchScreen((kind, details) => told.push([kind, details?.after_seconds]), { window, document, now: () => time });
  window.dispatchEvent(new Event("blur"));
  time = 4200;
  window.dispatchEvent(new Event("focus"));
  document.visibilityState = "hidden";
  document.dispatchEvent(new Event("visibilitychange"));
  window.dispatchEvent(new Event("offline"));
  time = 9000;
  window.dispatchEvent(new Event("online"));
  stop();
  window.dispatchEvent(new Event("blur"));
  assert.deepEqual(told, [["blur", undefined], ["focus", "4.2"], ["hidden", undefined], ["online", "4.8"]]);
});

// -- taking over -------------------------------------------------------------------------------------------------------

// A center in which an attempt runs already: who enters takes it over. ``fates`` says what becomes of each takeover.
class Running extends Center {
  epoch = 1;
  keys = [];
  byKey = new Map();

  constructor(...fates) { super(); this.fates = fates; }

  async ask() {
    const answer = await super.ask();
    return { ...answer, status: 200 };
  }

  async call(method, path, data) {
    if (!path.endsWith("/takeover/")) return super.call(method, path, data);
    this.keys.push(data.idempotency_key);
    const fate = this.fates.shift();
    if (fate > 0) throw Object.assign(new Error(), { status: fate });
    if (fate !== "lost" && !this.byKey.has(data.idempotency_key)) this.byKey.set(data.idempotency_key, this.epoch += 1);
    if (fate) throw Object.assign(new Error(), { status: 0 });
    return { epoch: this.byKey.get(data.idempotency_key) };
  }
}

async function enterRunning(center) {
  const sitting = await Sitting.enter({ http: center, room: "r", store: new MemoryStore(), Socket: Door });
  sitting.letGo();
  return sitting;
}

test("a takeover of which the answer is lost is asked again, and is one", async () => {
  const center = new Running("unanswered", "lost", "");
  const entering = enterRunning(center);
  await pass(5);
  assert.equal((await entering).queue.epoch, 2);
  assert.equal(center.epoch, 2);
  assert.equal(center.keys.length, 3);
  assert.equal(new Set(center.keys).size, 1);
});

test("without one key for all tries it would be two", async () => {
  const center = new Running("unanswered", "");
  center.byKey = { has: () => false, get: () => center.epoch, set() {} };
  const entering = enterRunning(center);
  await pass(5);
  assert.equal((await entering).queue.epoch, 3);
});

test("another window takes over anew, with a key of its own", async () => {
  const center = new Running("", "");
  assert.equal((await enterRunning(center)).queue.epoch, 2);
  assert.equal((await enterRunning(center)).queue.epoch, 3);
  assert.equal(new Set(center.keys).size, 2);
});

test("a takeover that is refused is not asked again, and one that is never answered is given up", async () => {
  const refused = new Running(409);
  await assert.rejects(enterRunning(refused), ({ status }) => status === 409);
  assert.equal(refused.keys.length, 1);
  const cut = new Running("lost", "lost", "lost", "");
  const entering = assert.rejects(enterRunning(cut), ({ status }) => status === 0);
  await pass(5);
  await entering;
  assert.equal(cut.keys.length, 3);
});

// -- question by question --------------------------------------------------------------------------------------------

class Quiz extends Center {
  constructor() {
    super();
    const course = ["one", "two"].map((question) => ({ kind: "QUESTION", section: "a", question, name: question, seconds: 20 }));
    this.state = { deadline_at: iso(40), step_ends: [iso(20), iso(40)], step_floor: 0, paused_at: null, course };
  }

  get paper() {
    const ends = this.state.step_ends.map((end) => (Date.parse(end) - BEGIN) / 1000);
    const step = Math.max(ends.findIndex((end) => this.now < end), this.state.step_floor);
    return { sections: [{ id: "a", question_groups: [{ questions: [{ id: this.state.course[step].question }] }] }] };
  }
}

test("the next question comes with its time, at once, for it is nobody else's", async () => {
  const center = new Quiz();
  const steps = [];
  const sitting = await enter(center, { step: ({ number, paper }) => steps.push([number, paper.sections[0].question_groups[0].questions[0].id]) });
  assert.equal(sitting.step.question, "one");
  await pass(20.4);
  assert.deepEqual([steps, sitting.isTurning, sitting.step.question], [[[1, "two"]], false, "two"]);
  assert.equal(Math.round(sitting.stepSecondsLeft()), 20);
  sitting.leave();
});

test("a question whose time is the page's but not yet the server's is asked for until it comes", async () => {
  const center = Object.assign(new Quiz(), { behind: 2 });
  const sitting = await enter(center);
  await pass(21);
  assert.deepEqual([sitting.isTurning, sitting.paper.sections[0].question_groups[0].questions[0].id], [true, "one"]);
  await pass(4);
  assert.deepEqual([sitting.isTurning, sitting.paper.sections[0].question_groups[0].questions[0].id], [false, "two"]);
  sitting.leave();
});
