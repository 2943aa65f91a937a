// What is on a screen of a live quiz: a greeting, and frames laid over it. The same for host and players, and the same whether
// it came over the socket or by asking again.

const NOT_OF_THE_SCENE = new Set(["acked", "refused", "done", "error", "pong", "removed"]);

export class Scene {
  constructor() {
    this.now = null;
    this.answers = new Map();
  }

  // Whether anything has changed. A greeting or a state that was asked for is taken whole; a frame that is older is not.
  take(frame) {
    if (NOT_OF_THE_SCENE.has(frame.type)) return false;
    const { type, ...changed } = frame;
    if (type === "hello" || type === undefined) {
      if (this.now && changed.version < this.now.version) return false;
      this.now = changed;
      (changed.me?.answers || []).forEach((answer) => this.answers.set(answer.number, answer));
    } else {
      if (!this.now || (changed.version !== undefined && changed.version < this.now.version)) return false;
      if (type === "count" && changed.number !== this.now.number) return false;
      if (type === "question") Object.assign(changed, { board: null, answered: null, me: this.now.me && { ...this.now.me, answer: null } });
      if (changed.me && this.now.me) changed.me = { ...this.now.me, ...changed.me };
      this.now = { ...this.now, ...changed };
    }
    if (this.now.me?.answer) this.answers.set(this.now.me.answer.number, this.now.me.answer);
    return true;
  }

  get answer() { return this.answers.get(this.now.number) || null; }

  // A number that no answer of this player has yet.
  nextSeq() {
    return 1 + Math.max(0, ...[...this.answers.values()].map(({ seq }) => seq));
  }

  // What was chosen here, until the server says what it knows.
  choose(number, seq, response) {
    this.answers.set(number, { number, seq, response, points: null, is_correct: null });
  }

  drop(number) { this.answers.delete(number); }
}
