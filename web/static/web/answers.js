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
    this.waiting = new Map(leftBehind(attempt).map((kept, index) => [lastSeq + index + 1, kept]));
    this.seq = lastSeq + this.waiting.size;
    this.events = { changed, closed, timer };
    this.isClosed = false;
    this.socket = new Socket(`/ws/attempts/${attempt}/`, "attempts", {
      state: (what) => { if (what === "open") this.flush(); },
      message: (message) => this.hear(message),
    });
    this.retry = setInterval(() => this.flush(), RESEND_MS);
    this.keep();
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
    else if (message.type === "closed") this.close("attempt_closed");
    else if (message.epoch > this.epoch) this.close("taken_over");
    else if (message.type === "timer" || message.type === "hello") this.events.timer(message);
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
    if (code !== "taken_over") localStorage.removeItem(this.store);
    clearInterval(this.retry);
    this.socket.stop();
    this.events.closed(code);
  }

  // What is still on its way, to go along with the paper; an older answer to the same question is left out.
  last() {
    const newest = new Map([...this.waiting].map(([seq, kept]) => [kept.question, { seq, ...kept }]));
    return { epoch: this.epoch, answers: [...newest.values()] };
  }

  async drained(patience) {
    const end = Date.now() + patience;
    this.flush();
    while (this.waiting.size && !this.isClosed && Date.now() < end) {
      await new Promise((done) => { setTimeout(done, 100); });
    }
  }
}

// What earlier windows of this browser could not deliver, oldest first: this window takes it on under its own epoch.
function leftBehind(attempt) {
  const prefix = `shiken.answers.${attempt}.`;
  const epochs = Object.keys(localStorage).filter((key) => key.startsWith(prefix)).map((key) => Number(key.slice(prefix.length)));
  return epochs.sort((one, other) => one - other).flatMap((epoch) => {
    const kept = JSON.parse(localStorage.getItem(prefix + epoch));
    localStorage.removeItem(prefix + epoch);
    return Object.keys(kept).map(Number).sort((one, other) => one - other).map((seq) => kept[seq]);
  });
}
