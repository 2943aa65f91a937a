// A server's journal, and a connection to it that loses what it is told to lose.

import { AnswerQueue } from "../../../web/static/exam/queue.js";

export class Journal {
  entries = new Map();
  epoch = 1;

  // As the product does it: the first arrival of an (epoch, seq) is stored, every further one acknowledged again.
  save({ epoch, answers }) {
    if (epoch < this.epoch) return { acked: [], refused: answers.map(({ seq }) => ({ seq, code: "taken_over" })) };
    for (const { seq, question, response } of answers) {
      const name = `${epoch} ${seq}`;
      if (!this.entries.has(name)) this.entries.set(name, { epoch, seq, question, response });
    }
    return { acked: answers.map(({ seq }) => seq), refused: [] };
  }

  answer(question) {
    return [...this.entries.values()].filter((entry) => entry.question === question)
      .sort((one, other) => one.epoch - other.epoch || one.seq - other.seq).at(-1)?.response;
  }

  get state() {
    const state = { last_seqs: {}, latest: {} };
    const sorted = [...this.entries.values()].sort((one, other) => one.epoch - other.epoch || one.seq - other.seq);
    for (const { epoch, seq, question } of sorted) {
      state.last_seqs[epoch] = seq;
      state.latest[question] = { epoch, seq };
    }
    return state;
  }
}

// Numbers from a seed, so that a failure can be run again.
export function dice(seed) {
  let state = seed * 2654435761 % 4294967296;
  return () => {
    state = (state + 0x6D2B79F5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

// ``fate()`` decides of each message: "through", "lost" on the way there, or "unanswered": lost on the way back.
export class Wire {
  isLive = false;
  settle = () => {};

  constructor(journal, fate) {
    Object.assign(this, { journal, fate });
  }

  push(frame) {
    if (!this.isLive) return false;
    const fate = this.fate();
    if (fate === "lost") return true;
    const settlement = this.journal.save(frame);
    const { settle } = this;  // of the window that sent it
    if (fate === "through") setTimeout(() => settle(settlement), 5);
    return true;
  }

  async put(frame) {
    await new Promise((done) => { setTimeout(done, 5); });
    const fate = this.fate();
    if (fate === "lost") throw Object.assign(new Error("cut"), { status: 0 });
    const settlement = this.journal.save(frame);
    if (fate === "unanswered") throw Object.assign(new Error("cut"), { status: 0 });
    return settlement;
  }
}

// A window of the browser: a queue over a store that outlives it.
export async function openWindow({ journal, store, wire, epoch = journal.epoch, now, Queue = AnswerQueue, ...ears }) {
  const queue = new Queue({ attempt: "a", epoch, store, wire, now, ...ears });
  wire.settle = (settlement) => { if (!queue.isOver) queue.settle(settlement); };
  await queue.open(journal.state);
  return queue;
}
