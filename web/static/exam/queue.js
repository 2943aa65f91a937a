// Keeps every answer until it is acknowledged: numbered, stored, sent over the socket or else by HTTP, again and again.

const RESEND_MS = 4000;
const PASSING_MS = 1000;
const LONGEST_PAUSE_MS = 15000;
const BATCH = 50;
const FRAME = 40000;  // bytes of responses in a frame; the server closes a socket on 64 KB
const LONG = 1000;
const ENDS = new Set(["attempt_closed", "too_late", "taken_over", "not_signed_in"]);
const PASSING = new Set(["unavailable", "too_busy", "too_fast", "paused", "section_not_open"]);
const encoder = new TextEncoder();
const REFUSING = new Set([400, 409, 413, 422]);  // the answers were read and not taken; all else may do better later

export class AnswerQueue {
  // ``wire.push(frame)`` hands a frame to an open socket, or answers false; ``wire.put(frame)`` sends it by HTTP and gives
  // the settlement. ``changed(waiting)``, ``dropped({question, code})`` and ``ended(code)`` tell the page.
  constructor({
    attempt, epoch, store, wire, changed = () => {}, dropped = () => {}, ended = () => {}, now = () => performance.now(),
  }) {
    Object.assign(this, { attempt, epoch, store, wire, changed, dropped, ended, now });
    this.waiting = new Map();
    this.seq = 0;
    this.fails = 0;
    this.isOver = false;
    this.isHandingIn = false;
  }

  // Goes on where the server stands (``state``: the answer to ``GET attempts/{id}/answers/``), with what was left here.
  async open(state) {
    const left = await this.store.adopt(this.attempt, this.epoch, state);
    for (const entry of left) this.waiting.set(entry.seq, { ...entry, sentAt: -Infinity });
    this.seq = Math.max(state.last_seqs[this.epoch] || 0, ...left.map((entry) => entry.seq));
    this.changed(this.waiting.size);
    this.flush();
    return left;
  }

  // Never waits: the answer is on its way, and in the store, when this returns control to the browser.
  give(question, response) {
    if (this.isOver) return;
    if (isLong(response)) this.replace(question);
    this.seq += 1;
    const entry = { attempt: this.attempt, epoch: this.epoch, seq: this.seq, question, response };
    this.waiting.set(this.seq, { ...entry, sentAt: -Infinity });
    this.keep(this.store.put(entry));
    this.changed(this.waiting.size);
    this.flush();
  }

  // Long texts are written on for an hour: of those that wait, only the newest is worth its way.
  replace(question) {
    const older = [...this.waiting.values()].filter((entry) => entry.question === question && isLong(entry.response));
    older.forEach(({ seq }) => this.waiting.delete(seq));
    if (older.length) this.keep(this.store.remove(this.attempt, this.epoch, older.map(({ seq }) => seq)));
  }

  // A number for an answer that goes its own way, when everything given before has arrived.
  number() {
    this.seq += 1;
    return { epoch: this.epoch, seq: this.seq };
  }

  // While nothing can be written there is no use in trying often; what waits is kept, and goes out when time goes on.
  hold(isHeld) {
    this.isHeld = isHeld;
    if (!isHeld) this.reopened();
  }

  // The socket is there again: whatever was sent over the old one and not acknowledged goes out at once.
  reopened() {
    this.fails = 0;
    for (const entry of this.waiting.values()) entry.sentAt = -Infinity;
    this.flush();
  }

  flush() {
    clearTimeout(this.timer);
    if (this.isOver || !this.waiting.size) return;
    const due = [...this.waiting.values()].filter((entry) => this.now() - entry.sentAt >= RESEND_MS).slice(0, BATCH);
    for (let rest = due; rest.length;) {
      const frame = fitting(rest);
      this.send(frame);
      rest = rest.slice(frame.length);
    }
    this.timer = setTimeout(() => this.flush(), this.pause());
  }

  async send(due) {
    const frame = { epoch: this.epoch, answers: due.map(({ seq, question, response }) => ({ seq, question, response })) };
    if (this.wire.push(frame)) {
      due.forEach((entry) => { entry.sentAt = this.now(); });
      return;
    }
    if (this.putting) return;
    this.putting = true;
    due.forEach((entry) => { entry.sentAt = this.now(); });
    try {
      this.settle(await this.wire.put(frame));
      this.fails = 0;
    } catch (problem) {
      due.forEach((entry) => { entry.sentAt = -Infinity; });
      this.fails += 1;
      this.wait = (problem.retryAfter || 0) * 1000;
      if (problem.status === 401) this.end("not_signed_in");
      else if (ENDS.has(problem.code)) this.end(problem.code);
      else if (problem.refused?.length) this.settle({ refused: problem.refused });
      else if (PASSING.has(problem.code)) this.settle({ refused: due.map(({ seq }) => ({ seq, code: problem.code })) });
      else if (REFUSING.has(problem.status)) await this.sift(due, problem);
    } finally {
      this.putting = false;
    }
    if (!this.fails) this.flush();
  }

  // A batch that is refused as a whole must not block the others: each of its answers is tried alone, once.
  async sift(due, problem) {
    if (due.length === 1) {
      this.settle({ refused: [{ seq: due[0].seq, code: problem.code || "refused" }] });
      this.fails = 0;
      return;
    }
    for (const entry of due) {
      const { seq, question, response } = entry;
      try {
        this.settle(await this.wire.put({ epoch: this.epoch, answers: [{ seq, question, response }] }));
        this.fails = 0;
      } catch (alone) {
        if (!REFUSING.has(alone.status) || ENDS.has(alone.code) || PASSING.has(alone.code)) return;
        this.settle({ refused: [{ seq, code: alone.code || "refused" }] });
      }
    }
  }

  settle({ acked = [], refused = [] }) {
    const done = [...acked];
    for (const { seq, code } of refused) {
      if (ENDS.has(code)) {
        this.end(code);
        return;
      }
      if (PASSING.has(code)) {
        const entry = this.waiting.get(seq);
        if (entry) entry.sentAt = this.now() - RESEND_MS + (this.isHeld ? LONGEST_PAUSE_MS * (0.5 + Math.random()) : PASSING_MS);
      } else {
        done.push(seq);
        if (this.waiting.has(seq)) this.dropped({ question: this.waiting.get(seq).question, code });
      }
    }
    const known = [...done, ...this.outdated(acked)].filter((seq) => this.waiting.delete(seq));
    if (known.length) this.keep(this.store.remove(this.attempt, this.epoch, known));
    if (acked.length) this.fails = 0;
    this.changed(this.waiting.size);
  }

  // Older answers to questions of which a newer one has arrived: they would count for nothing, and must not be left for a
  // later window, which would number them anew.
  outdated(acked) {
    const there = acked.filter((seq) => this.waiting.has(seq)).sort((one, other) => one - other);
    const arrived = new Map(there.map((seq) => [this.waiting.get(seq).question, seq]));
    return [...this.waiting.values()].filter(({ question, seq }) => seq < arrived.get(question)).map(({ seq }) => seq);
  }

  // The newest answer to each question that still waits, to go along with the paper.
  last() {
    const newest = new Map([...this.waiting.values()].map(({ seq, question, response }) => [question, { seq, question, response }]));
    return { epoch: this.epoch, answers: [...newest.values()] };
  }

  async drained(patience) {
    const until = this.now() + patience;
    this.flush();
    while (this.waiting.size && !this.isOver && this.now() < until) await new Promise((done) => { setTimeout(done, 50); });
    return this.waiting.size === 0;
  }

  // Nothing more goes out. What waits stays for the window that took the attempt over; else it has no use any more.
  end(code) {
    // The news that the paper is in may overtake the answer to handing it in, which says more.
    if (this.isOver || (this.isHandingIn && code === "attempt_closed")) return;
    this.isOver = true;
    clearTimeout(this.timer);
    if (code !== "taken_over" && code !== "not_signed_in") this.keep(this.store.forget(this.attempt));
    this.ended(code);
  }

  pause() {
    if (!this.fails) return this.wire.isLive ? RESEND_MS : PASSING_MS;
    const grown = Math.min(LONGEST_PAUSE_MS, 500 * 2 ** this.fails) * (0.5 + Math.random());
    return Math.max(grown, this.wait || 0);
  }

  // A full disk must not stop an exam: the answer is on its way whether it could be stored here or not.
  keep(stored) {
    stored.catch(() => { this.store.isDurable = false; });
  }
}

function isLong(response) {
  return typeof response === "string" && response.length > LONG;
}

// As many of the first ones as a frame holds, at least one.
function fitting(entries) {
  let bytes = 0;
  const end = entries.findIndex(({ response }) => {
    bytes += typeof response === "string" ? encoder.encode(JSON.stringify(response)).length : 200;
    return bytes > FRAME;
  });
  return end < 0 ? entries : entries.slice(0, Math.max(1, end));
}
