// The seconds of single questions. They run while a question is on the screen and stand still with the attempt; what was
// spent is kept on this device, so a reload gives none of it back. The time of the whole is the server's, and decides.

export class QuestionTimes {
  constructor(questions, kept, now = () => performance.now()) {
    this.seconds = new Map(questions.filter(({ seconds }) => seconds).map(({ id, seconds }) => [id, seconds]));
    this.kept = kept;
    this.now = now;
    this.spent = { ...kept.get() };
    this.shown = null;
    this.since = now();
  }

  // What is on the screen from now on; null: nothing whose time runs.
  show(id) {
    this.count();
    this.shown = this.seconds.has(id) ? id : null;
  }

  // To be called every now and then; ``isRunning`` false: what has passed since the last time costs nothing.
  count(isRunning = true) {
    const now = this.now();
    const passed = Math.max(0, now - this.since) / 1000;
    this.since = now;
    if (!isRunning || this.shown === null || !passed) return;
    this.spent[this.shown] = Math.min((this.spent[this.shown] || 0) + passed, this.seconds.get(this.shown));
    this.kept.set(this.spent);
  }

  // Null where a question has no time of its own.
  left(id) {
    return this.seconds.has(id) ? Math.max(0, this.seconds.get(id) - (this.spent[id] || 0)) : null;
  }

  isOver(id) { return this.left(id) === 0; }

  // Of ``ids`` the first after ``id`` that has time left, then from the beginning; null where there is none.
  after(id, ids) {
    const place = ids.indexOf(id) + 1;
    return [...ids.slice(place), ...ids.slice(0, place)].find((one) => one !== id && !this.isOver(one)) ?? null;
  }
}
