// One sitting of one student: the paper, the clock, the answers, handing in. Draws nothing; see the pages for that.
//
//   const sitting = await Sitting.enter({ http, room: "<id of the exam>", on: { saved, timer, over, message } });
//   sitting.paper, sitting.given.get(question), sitting.give(question, response), sitting.secondsLeft(), sitting.handIn()

import { ServerClock } from "./clock.js";
import { AnswerQueue } from "./queue.js";
import { Socket } from "./socket.js";
import { openStore } from "./store.js";

const DRAIN_MS = 2000;
const CLOCK_MS = 60000;
const DEAF = { saved() {}, timer() {}, over() {}, message() {} };

export class Sitting {
  // Starts, or goes on with the attempt that runs: it belongs to this window from then on, because two windows would give
  // the same numbers to their answers. Refusals of the server are thrown as problems.
  static async enter({ http, room, accessCode = "", path = `exam-assignments/${room}/start/`, on = {}, store, ...rest }) {
    const clock = rest.clock || new ServerClock();
    const kept = store || await openStore();
    const body = accessCode ? { access_code: accessCode } : {};
    const asked = clock.monotonic();
    const answer = await http.ask("POST", path, body);
    const started = await answer.json();
    clock.learn(started.server_time, asked);
    const { attempt } = started;
    const epoch = answer.status === 201 ? started.epoch : (await http.call("POST", `attempts/${attempt}/takeover/`, {})).epoch;
    const state = await http.call("GET", `attempts/${attempt}/answers/`);
    const sitting = new Sitting({ http, clock, store: kept, on: { ...DEAF, ...on }, started: { ...started, epoch }, state, ...rest });
    await sitting.open(state);
    return sitting;
  }

  constructor({ http, clock, store, on, started, state, Socket: Door = Socket, ...doors }) {
    Object.assign(this, { http, clock, on, paper: started.paper, attempt: started.attempt, started });
    this.deadline = Date.parse(started.deadline_at);
    this.given = new Map(Object.entries(state.answers));
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
      changed: (waiting) => on.saved({ waiting, isLive: this.socket.isOpen, isDurable: store.isDurable }),
      ended: (code) => this.over(code),
    });
    this.watching = setInterval(() => this.watchClock(), CLOCK_MS);
    this.hurried = () => this.hurry();
    globalThis.addEventListener?.("online", this.hurried);
  }

  async open(state) {
    for (const entry of await this.queue.open(state)) this.given.set(entry.question, entry.response);
  }

  give(question, response) {
    this.given.set(question, response);
    this.queue.give(question, response);
  }

  secondsLeft() {
    return Math.max(0, (this.deadline - this.clock.now()) / 1000);
  }

  // Something that the screen noticed ("blur", "offline", …): advice, which may be lost.
  note(kind, details = {}) {
    this.socket.send({ type: "event", kind, at: new Date(this.clock.now()).toISOString(), ...details });
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
    if (what === "open") this.queue.reopened();
    else this.on.saved({ waiting: this.queue?.waiting.size || 0, isLive: false, isDurable: true });
  }

  hear(message) {
    if (message.server_time) this.clock.learn(message.server_time);
    if (message.epoch > this.queue.epoch) this.queue.end("taken_over");
    else if (message.type === "acked" || message.type === "refused") this.queue.settle(message);
    else if (message.type === "closed") this.queue.end("attempt_closed");
    else if (message.deadline_at) this.moveDeadline(message.deadline_at);
    this.on.message(message);
  }

  moveDeadline(deadlineAt) {
    const moment = Date.parse(deadlineAt);
    if (moment === this.deadline) return;
    this.deadline = moment;
    this.on.timer({ deadlineAt, secondsLeft: this.secondsLeft() });
  }

  async watchClock() {
    if (!this.clock.isDoubtful && this.clock.error < 250) return;
    const asked = this.clock.monotonic();
    try {
      const state = await this.http.call("GET", `attempts/${this.attempt}/`);
      this.clock.learn(state.server_time, asked);
      this.moveDeadline(state.deadline_at);
    } catch { /* no connection: the next look will do */ }
  }

  hurry() {
    this.socket.hurry();
    this.queue.reopened();
    this.watchClock();
  }

  over(code) {
    this.letGo();
    this.on.over(code);
  }

  letGo() {
    clearInterval(this.watching);
    globalThis.removeEventListener?.("online", this.hurried);
    this.socket.stop();
  }
}
