// What plays have to tell (one stood still, one has ended) waits beside the answers until the server has heard it: the cable
// that makes a recording stand still would else take the report of it along.

const PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 10000;
const PASSING = new Set([0, 401, 408, 425, 429]);  // and whatever is the server's own fault; all else was heard and refused

export class Reports {
  constructor({ http, attempt, store }) {
    Object.assign(this, { http, attempt, store, waiting: [], last: 0, fails: 0, isOver: false, isSending: false });
  }

  // Goes on with what earlier windows of this browser could not deliver, before anything of its own.
  async open() {
    const left = await this.store.reportsOf(this.attempt).catch(() => []);
    this.waiting = [...left, ...this.waiting];
    this.last = Math.max(this.last, ...left.map(({ place }) => place));
    this.flush();
  }

  // On its way, and in the store, when this returns control to the browser. ``report`` is its name: told twice, it counts once.
  tell(body) {
    if (this.isOver) return undefined;
    this.last = Math.max(this.last + 1, Date.now());
    const entry = { attempt: this.attempt, place: this.last, id: crypto.randomUUID(), body };
    this.waiting.push(entry);
    this.store.putReport(entry).catch(() => { this.store.isDurable = false; });
    return this.flush();
  }

  // One after the other: what stood still is told before the end.
  flush() {
    clearTimeout(this.timer);
    if (!this.isSending) this.sending = this.send();
    return this.sending;
  }

  async send() {
    this.isSending = true;
    while (this.waiting.length && !this.isOver && await this.sendOne(this.waiting[0])) this.fails = 0;
    this.isSending = false;
  }

  // False if it has to be told again.
  async sendOne(entry) {
    try {
      await this.http.call("POST", `attempts/${this.attempt}/plays/`, namedBody(entry));
    } catch (problem) {
      const status = problem.status ?? 0;
      if (PASSING.has(status) || status >= 500) {
        this.tryAgain(problem);
        return false;
      }
    }
    this.waiting = this.waiting.filter((one) => one !== entry);
    this.store.removeReport(this.attempt, entry.id).catch(() => {});
    return true;
  }

  tryAgain({ status, retryAfter = 0 }) {
    if (this.isOver || status === 401) return;  // who signs in again opens a new window on it
    this.fails += 1;
    const grown = Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** (this.fails - 1)) * (0.5 + Math.random());
    this.timer = setTimeout(() => this.flush(), Math.max(grown, retryAfter * 1000));
  }

  // The connection is there again.
  hurry() {
    this.fails = 0;
    if (this.waiting.length) this.flush();
  }

  // Nothing more goes out; what is kept stays for the next window.
  end() {
    this.isOver = true;
    clearTimeout(this.timer);
  }
}

function namedBody({ id, body }) {
  return body.action === "stall" ? { ...body, report: id } : body;
}
