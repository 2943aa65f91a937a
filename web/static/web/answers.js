// Keeps every answer until it is acknowledged: numbered, remembered across reloads, sent by socket or else by HTTP.

import { call } from "./api.js";
import { Socket } from "./socket.js";

const RESEND_MS = 4000;
const CLOSED = new Set(["attempt_closed", "too_late", "taken_over"]);

export class Answers {
  constructor(attempt, epoch, lastSeq, { changed, closed, timer }) {
    this.attempt = attempt;
    this.epoch = epoch;
    this.store = `shiken.answers.${attempt}.${epoch}`;
    this.waiting = new Map(Object.entries(JSON.parse(localStorage.getItem(this.store) || "{}")).map(([seq, kept]) => [Number(seq), kept]));
    this.seq = Math.max(lastSeq, 0, ...this.waiting.keys());
    this.events = { changed, closed, timer };
    this.isClosed = false;
    this.socket = new Socket(`/ws/attempts/${attempt}/`, "attempts", {
      state: (what) => { if (what === "open") this.flush(); },
      message: (message) => this.hear(message),
    });
    this.retry = setInterval(() => this.flush(), RESEND_MS);
  }

  give(question, response) {
    if (this.isClosed) return;
    this.seq += 1;
    this.waiting.set(this.seq, { question, response });
    this.keep();
    this.send([this.seq]);
  }

  flush() {
    if (this.waiting.size && !this.isClosed) this.send([...this.waiting.keys()].slice(0, 50));
  }

  send(seqs) {
    const answers = seqs.map((seq) => ({ seq, ...this.waiting.get(seq) }));
    if (!this.socket.send({ type: "answers", epoch: this.epoch, answers })) this.put(answers);
  }

  async put(answers) {
    if (this.putting) return;
    this.putting = true;
    try {
      this.settle(await call("PUT", `attempts/${this.attempt}/answers/`, { epoch: this.epoch, answers }));
    } catch (problem) {
      if (CLOSED.has(problem.code)) this.close(problem.code);
    } finally {
      this.putting = false;
    }
  }

  hear(message) {
    if (message.type === "acked" || message.type === "refused") this.settle(message);
    else if (message.type === "timer" || message.type === "hello") this.events.timer(message);
    else if (message.type === "closed") this.close("attempt_closed");
  }

  settle({ acked = [], refused = [] }) {
    for (const seq of acked) this.waiting.delete(seq);
    for (const { seq, code } of refused) {
      if (code === "unavailable" || code === "too_busy") continue;
      this.waiting.delete(seq);
      if (CLOSED.has(code)) this.close(code);
    }
    this.keep();
  }

  keep() {
    if (this.waiting.size) localStorage.setItem(this.store, JSON.stringify(Object.fromEntries(this.waiting)));
    else localStorage.removeItem(this.store);
    this.events.changed(this.waiting.size, this.socket?.isOpen);
  }

  close(code) {
    if (this.isClosed) return;
    this.isClosed = true;
    clearInterval(this.retry);
    this.socket.stop();
    this.events.closed(code);
  }

  async drained(patience = 8000) {
    const end = Date.now() + patience;
    while (this.waiting.size && !this.isClosed && Date.now() < end) {
      this.flush();
      await new Promise((done) => { setTimeout(done, 200); });
    }
    return this.waiting.size === 0;
  }
}
