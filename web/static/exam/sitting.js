// One sitting of one student: the paper, the clock, the answers, handing in. Draws nothing; see the pages for that.
//
//   const sitting = await Sitting.enter({ http, room: "<id of the exam>", on: { saved, timer, step, over, … } });
//   sitting.paper, sitting.given.get(question), sitting.give(question, response), sitting.secondsLeft(), sitting.handIn()

import { ServerClock } from "./clock.js";
import { Course, showsStep } from "./course.js";
import { Problem } from "./http.js";
import { AnswerQueue } from "./queue.js";
import { Reports } from "./reports.js";
import { watchScreen } from "./screen.js";
import { Socket } from "./socket.js";
import { openStore } from "./store.js";

const DRAIN_MS = 2000;
const CLOCK_MS = 60000;
const SOON_MS = 200;
const SCATTER_MS = 2500;  // a whole class ends a section at once, and is not to ask for the next one at once; questions are everyone's own
const AGAIN_MS = 1500;
const MOST_TRIES = 3;
const MOST_NOTES = 20;
const DEAF = { saved() {}, timer() {}, step() {}, announced() {}, dropped() {}, over() {}, message() {} };

export class Sitting {
  // Starts, or goes on with the attempt that runs: it belongs to this window from then on, because two windows would give
  // the same numbers to their answers. Refusals of the server are thrown as problems.
  // ``path`` and ``body`` begin something else than an exam: an item of a homework, say.
  static async enter({ http, room = null, accessCode = "", path = `exam-assignments/${room}/start/`, body = accessCode ? { access_code: accessCode } : {}, on = {}, store, ...rest }) {
    const clock = rest.clock || new ServerClock();
    const kept = store || await openStore();
    const asked = clock.monotonic();
    const answer = await http.ask("POST", path, body);
    const started = await answer.json();
    clock.learn(started.server_time, asked);
    const { attempt } = started;
    const epoch = answer.status === 201 ? started.epoch : await takeOver(http, attempt);
    const state = await http.call("GET", `attempts/${attempt}/answers/`);
    const sitting = new Sitting({ http, room, clock, store: kept, on: { ...DEAF, ...on }, started: { ...started, epoch }, state, ...rest });
    await sitting.open(state);
    return sitting;
  }

  constructor({ http, room, clock, store, on, started, state, Socket: Door = Socket, scatter = Math.random, ...doors }) {
    Object.assign(this, { http, room, clock, on, scatter, paper: started.paper, attempt: started.attempt, started });
    this.course = new Course(started);
    this.shown = showsStep(started.paper, this.step) && !this.course.isPaused ? this.stepNumber : -1;
    this.given = new Map(Object.entries(state.answers));
    this.finals = new Set(state.finals || []);
    this.announcements = [];
    this.notes = [];
    this.socket = new Door(`/ws/attempts/${this.attempt}/`, "attempts", {
      http,
      state: (what) => this.connected(what),
      message: (message) => this.hear(message),
      ...doors,
    });
    this.queue = new AnswerQueue({
      attempt: this.attempt,
      epoch: started.epoch,
      store,
      wire: this.wire(),
      now: () => clock.monotonic(),
      changed: (waiting) => on.saved({ waiting, isLive: this.socket.isOpen, isDurable: store.isDurable }),
      dropped: (answer) => on.dropped(answer),
      ended: (code) => this.over(code),
    });
    this.queue.isHeld = this.course.isPaused;
    this.reports = new Reports({ http, attempt: this.attempt, store });
    this.watching = setInterval(() => this.watchClock(), CLOCK_MS);
    this.hurried = () => this.hurry();
    globalThis.addEventListener?.("online", this.hurried);
    this.forgetScreen = watchScreen((kind, details) => this.note(kind, details));
  }

  async open(state) {
    for (const entry of await this.queue.open(state)) this.given.set(entry.question, entry.response);
    this.reports.open();
    this.awaitStep();
    this.readAnnouncements();
  }

  give(question, response) {
    this.given.set(question, response);
    this.queue.give(question, response);
  }

  // The answer to one question for good, and what was right there: ``{outcome, response, key, explanation, …}``, where the
  // homework lets answers be checked. Refusals, and no connection, are thrown as problems; call it again.
  async check(question) {
    if (!await this.queue.drained(DRAIN_MS)) throw new Problem(0, { detail: "Some answers are still on their way. Try again in a moment." });
    const verdict = await this.http.call("POST", `attempts/${this.attempt}/check/`, { question, response: this.given.get(question) ?? null, ...this.queue.number() });
    this.finals.add(question);
    return verdict;
  }

  // Until the end of the whole; and of the section or break that runs.
  secondsLeft() { return this.course.millisLeft(this.clock.now()) / 1000; }

  stepSecondsLeft() { return this.course.stepMillisLeft(this.clock.now()) / 1000; }

  // What runs now: ``{kind, section, question, name, seconds}``; null where the paper is open as a whole.
  get step() { return this.course.steps[this.stepNumber] ?? null; }

  get stepNumber() { return this.course.stepAt(this.clock.now()); }

  // A section is over, and the next one is still on its way.
  get isTurning() { return this.shown !== this.stepNumber; }

  get isPaused() { return this.course.isPaused; }

  // Leaves the present section, or break, for good. Refusals are thrown as problems.
  async goOn(step = this.stepNumber) {
    // What arrives after the section was left would not count.
    if (!await this.queue.drained(DRAIN_MS)) throw new Problem(0, { detail: "Some answers are still on their way. Try again in a moment." });
    const state = await this.http.call("POST", `attempts/${this.attempt}/next-section/`, { step });
    this.takeTime(state);
    await this.fetchStep();
  }

  // Something that the screen noticed ("blur", "offline", …): advice, which may be lost.
  note(kind, details = {}) {
    const event = { type: "event", kind, at: new Date(this.clock.now()).toISOString(), ...details };
    if (!this.socket.send(event)) this.notes = [...this.notes, event].slice(-MOST_NOTES);
  }

  // Hands in for good, with what is still on its way. Without a connection it is thrown as a problem; call it again.
  async handIn() {
    await this.queue.drained(DRAIN_MS);
    this.queue.isHandingIn = true;
    try {
      const receipt = await this.http.call("POST", `attempts/${this.attempt}/submit/`, this.queue.last());
      this.queue.end("handed_in");
      return receipt;
    } finally {
      this.queue.isHandingIn = false;
    }
  }

  // Lets go without handing in: the attempt runs on, and nothing is forgotten.
  leave() {
    this.queue.isOver = true;
    clearTimeout(this.queue.timer);
    this.letGo();
  }

  // -- sections, breaks and pauses ---------------------------------------------------------------------------------

  // What the server says of the time, in answers and in news.
  takeTime(state) {
    const { deadline, isPaused } = this.course;
    if (!this.course.take(state)) return;
    if (this.isPaused !== isPaused) this.queue.hold(this.isPaused);
    const moved = (this.course.deadline - deadline) / 1000;
    this.on.timer({ deadlineAt: new Date(this.course.deadline).toISOString(), secondsLeft: this.secondsLeft(), moved, isPaused: this.isPaused });
    this.awaitStep();
  }

  // Has the paper when the next section begins, or when the exam goes on and there was nothing to be seen before.
  awaitStep() {
    clearTimeout(this.turning);
    if (this.isOver || this.isPaused) return;
    if (this.shown !== this.stepNumber) {
      this.turning = setTimeout(() => this.fetchStep(), this.shown < 0 && !this.course.isSectioned ? SOON_MS : this.someTime());
    } else if (this.course.isSectioned && this.stepNumber < this.course.steps.length - 1) {
      const left = this.course.stepMillisLeft(this.clock.now());
      this.turning = setTimeout(() => this.awaitStep(), Math.min(left + SOON_MS, CLOCK_MS));
    }
  }

  someTime() { return this.course.isByQuestion ? 0 : SOON_MS + this.scatter() * SCATTER_MS; }

  async fetchStep() {
    clearTimeout(this.turning);
    const number = this.stepNumber;
    if (this.isOver || this.isPaused || this.shown === number) return void this.awaitStep();
    try {
      // A break shows nothing: no need to ask.
      if (this.step?.kind !== "BREAK") {
        const paper = await this.http.call("GET", `attempts/${this.attempt}/paper/`);
        if (!showsStep(paper, this.course.steps[number])) throw new Error("not yet");
        this.paper = paper;
      }
      this.shown = number;
      this.on.step({ number, step: this.step, paper: this.paper });
      this.awaitStep();
    } catch {
      if (!this.isOver) this.turning = setTimeout(() => this.fetchStep(), AGAIN_MS * (0.5 + this.scatter()));
    }
  }

  // -- what staff say ----------------------------------------------------------------------------------------------

  // News may be lost; the list is not.
  async readAnnouncements() {
    if (!this.room) return;
    try {
      const { results } = await this.http.call("GET", `exam-assignments/${this.room}/announcements/`);
      for (const said of results.reverse()) this.announce(said, this.announcements.read === undefined);
      this.announcements.read = true;
    } catch { /* no connection: after the next one */ }
  }

  announce(said, isOld) {
    if (this.announcements.some(({ id }) => id === said.id)) return;
    this.announcements.push({ id: said.id, text: said.text, said_at: said.said_at });
    this.on.announced({ said, isNew: !isOld, all: this.announcements });
  }

  // -- within ------------------------------------------------------------------------------------------------------

  wire() {
    const sitting = this;
    return {
      get isLive() { return sitting.socket.isOpen; },
      push: (frame) => this.socket.send({ type: "answers", ...frame }),
      put: async (frame) => {
        const asked = this.clock.monotonic();
        const settlement = await this.http.call("PUT", `attempts/${this.attempt}/answers/`, frame);
        this.clock.learn(settlement.server_time, asked);
        return settlement;
      },
    };
  }

  connected(what) {
    if (what === "open") {
      this.queue.reopened();
      this.reports.hurry();
      this.notes.splice(0).forEach((event) => this.socket.send(event));
      if (this.announcements.read) this.readAnnouncements();
    } else this.on.saved({ waiting: this.queue?.waiting.size || 0, isLive: false, isDurable: true });
  }

  hear(message) {
    if (message.server_time) this.clock.learn(message.server_time);
    if (message.epoch > this.queue.epoch) this.queue.end("taken_over");
    else if (message.type === "acked" || message.type === "refused") this.queue.settle(message);
    else if (message.type === "closed") this.queue.end("attempt_closed");
    else if (message.type === "announcement") this.announce(message);
    else if (message.deadline_at) this.takeTime(message);
    this.on.message(message);
  }

  async watchClock() {
    if (!this.clock.isDoubtful && this.clock.error < 250) return;
    const asked = this.clock.monotonic();
    try {
      const state = await this.http.call("GET", `attempts/${this.attempt}/`);
      this.clock.learn(state.server_time, asked);
      this.takeTime(state);
    } catch { /* no connection: the next look will do */ }
  }

  hurry() {
    this.socket.hurry();
    this.queue.reopened();
    this.reports.hurry();
    this.watchClock();
  }

  over(code) {
    this.letGo();
    this.on.over(code);
  }

  letGo() {
    this.isOver = true;
    clearTimeout(this.turning);
    this.reports.end();
    this.forgetScreen();
    clearInterval(this.watching);
    globalThis.removeEventListener?.("online", this.hurried);
    this.socket.stop();
  }
}

// Asked again under the same key where no answer comes: this window takes over once, and has the number that was given to it.
async function takeOver(http, attempt) {
  const key = crypto.randomUUID();
  for (let tries = 1; ; tries += 1) {
    try {
      return (await http.call("POST", `attempts/${attempt}/takeover/`, { idempotency_key: key })).epoch;
    } catch (problem) {
      if (tries === MOST_TRIES || (problem.status && problem.status !== 503)) throw problem;
      await new Promise((done) => { setTimeout(done, AGAIN_MS); });
    }
  }
}
