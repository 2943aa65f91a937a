// How the time of a sitting goes: timed sections and breaks one after the other, pauses, the deadline. Told by the server,
// read at a moment of the server's clock (milliseconds).

export class Course {
  constructor(state) {
    this.steps = state.course || [];
    this.take(state);
  }

  // Whatever news brings: fields that it does not name stay as they were. True if anything is other than before.
  take({ deadline_at: deadline, step_ends: ends, step_floor: floor, paused_at: paused }) {
    const before = JSON.stringify([this.deadline, this.ends, this.floor, this.pausedAt]);
    if (deadline) this.deadline = Date.parse(deadline);
    if (ends !== undefined) this.ends = (ends || []).map((end) => Date.parse(end));
    if (floor !== undefined) this.floor = floor;
    if (paused !== undefined) this.pausedAt = paused ? Date.parse(paused) : null;
    return JSON.stringify([this.deadline, this.ends, this.floor, this.pausedAt]) !== before;
  }

  // Single questions of a quiz are timed, with breaks between them or without.
  get isByQuestion() { return this.steps.some(({ kind }) => kind === "QUESTION"); }
  get isSectioned() { return this.steps.length > 0; }
  get isPaused() { return Boolean(this.pausedAt); }

  // While an exam is paused, time stands still.
  moment(now) { return this.isPaused ? Math.min(now, this.pausedAt) : now; }

  // The step that runs; null where the paper is open as a whole.
  stepAt(now) {
    if (!this.isSectioned) return null;
    const running = this.ends.findIndex((end) => this.moment(now) < end);
    return Math.max(running < 0 ? this.ends.length - 1 : running, this.floor || 0);
  }

  millisLeft(now) { return Math.max(0, this.deadline - this.moment(now)); }

  stepMillisLeft(now) {
    const step = this.stepAt(now);
    return step === null ? this.millisLeft(now) : Math.max(0, this.ends[step] - this.moment(now));
  }
}

// Whether a paper shows what a step is about: the server's clock decides, and ours may be a little ahead of it.
export function showsStep(paper, step) {
  if (!step || !step.section) return true;
  const section = paper.sections.find(({ id }) => id === step.section);
  if (step.question) return Boolean(section?.question_groups.some(({ questions }) => questions.some(({ id }) => id === step.question)));
  return Boolean(section?.question_groups.length);
}
