// One seat on the invigilator's page: its card, and how much trouble it is in.

import { el, when } from "./dom.js";

export const STATES = {
  SITTING: "Sitting", AWAY: "Away", PAUSED: "Paused", NOT_STARTED: "Not started", HANDED_IN: "Handed in", EXPIRED: "Time ran out",
};
const QUIET_SECONDS = 300;

export const ORDERS = {
  trouble: { label: "Trouble first", rank: (seat, now) => -seat.trouble(now) },
  name: { label: "By name", rank: () => 0 },
  left: { label: "Least time left", rank: (seat, now) => seat.secondsLeft(now) ?? Infinity },
  answered: { label: "Fewest answers", rank: ({ told }) => (told.attempt ? told.answered : Infinity) },
};

export class Seat {
  constructor(told, questions, { changed, opened }) {
    Object.assign(this, { told: { flags: {} }, questions, changed, isChosen: false });
    this.name = el("b", {});
    this.badge = el("span", { class: "badge" });
    this.clock = el("span", { class: "left" });
    this.progress = el("i", {});
    this.count = el("span", { class: "quiet" });
    this.heard = el("span", { class: "quiet" });
    this.section = el("span", { class: "quiet section" });
    this.flags = el("span", { class: "flags" });
    this.button = el("button", { type: "button", class: "seat", "aria-pressed": "false", onclick: () => this.choose(!this.isChosen) },
      el("span", { class: "row" }, this.name, this.badge), el("span", { class: "row" }, this.clock, this.count),
      el("span", { class: "bar" }, this.progress), this.section, this.heard, this.flags);
    this.more = el("button", { type: "button", class: "more", onclick: () => opened(this) }, "Details");
    this.card = el("li", {}, this.button, this.more);
    this.take(told);
    this.more.setAttribute("aria-label", `Details of ${this.told.name}`);
  }

  take(told) { this.told = { ...this.told, ...told }; }

  choose(isChosen) {
    this.isChosen = isChosen;
    this.button.setAttribute("aria-pressed", String(isChosen));
    this.changed();
  }

  get isRunning() { return ["SITTING", "AWAY", "PAUSED"].includes(this.told.state); }

  secondsLeft(now) {
    if (!this.isRunning) return null;
    const moment = this.told.paused_at ? Math.min(now, Date.parse(this.told.paused_at)) : now;
    return Math.max(0, (Date.parse(this.told.deadline_at) - moment) / 1000);
  }

  age(now, moment) { return moment ? Math.max(0, (now - Date.parse(moment)) / 1000) : Infinity; }

  // How long nothing new was saved, of somebody who sits.
  quietFor(now) { return Math.min(this.age(now, this.told.saved_at), this.age(now, this.told.started_at)); }

  trouble(now) {
    if (!this.isRunning) return this.told.state === "NOT_STARTED" ? -1 : -2;
    const { flags, state } = this.told;
    return (state === "AWAY" ? 1000 + Math.min(this.age(now, this.told.heard_at), 3600) / 10 : 0) + (state === "PAUSED" ? 100 : 0)
      + (this.quietFor(now) > QUIET_SECONDS && state === "SITTING" ? 60 : 0) + 40 * (flags.addresses.length > 1) + 30 * (flags.windows > 1)
      + Math.min(flags.focus_lost, 20);
  }

  draw(now, hasPresence) {
    const { told } = this;
    const left = this.secondsLeft(now);
    write(this.name, told.name);
    write(this.badge, STATES[told.state]);
    const kind = `badge seat-${told.state.toLowerCase()}`;
    if (this.badge.className !== kind) this.badge.className = kind;
    write(this.clock, left === null ? "" : face(left));
    write(this.count, told.attempt ? `${told.answered} of ${this.questions}` : "");
    const width = `${this.questions ? Math.min(100, (100 * told.answered) / this.questions) : 0}%`;
    if (this.progress.style.width !== width) this.progress.style.width = width;
    write(this.section, this.isRunning && told.section ? told.section : "");
    write(this.heard, this.said(now, hasPresence));
    write(this.flags, this.flagged(now).join(" · "));
    this.more.hidden = !told.attempt;
    this.button.classList.toggle("troubled", told.state === "AWAY");
  }

  // What its panel says besides the state.
  facts(now) {
    const { told } = this;
    if (!told.attempt) return ["no attempt that counts"];
    const left = this.secondsLeft(now);
    return [
      left === null ? `ended ${when(told.finished_at)}` : `${face(left)} left`, `${told.answered} of ${this.questions} answered`, this.isRunning ? told.section : "",
      this.said(now, true), ...this.flagged(now), told.flags.addresses.length ? `from ${told.flags.addresses.join(", ")}` : "",
    ];
  }

  said(now, hasPresence) {
    if (!this.isRunning) return "";
    const saved = this.told.saved_at ? `saved ${ago(this.age(now, this.told.saved_at))}` : "nothing saved yet";
    return hasPresence && this.told.heard_at ? `heard ${ago(this.age(now, this.told.heard_at))} · ${saved}` : saved;
  }

  flagged(now) {
    if (!this.told.attempt) return [];
    const { flags, number } = this.told;
    return [
      this.told.state === "SITTING" && this.quietFor(now) > QUIET_SECONDS ? `quiet for ${Math.floor(this.quietFor(now) / 60)} min` : "",
      flags.windows > 1 ? `${flags.windows - 1}× taken over` : "",
      flags.addresses.length > 1 ? `${flags.addresses.length} addresses` : "",
      flags.focus_lost ? `focus lost ${flags.focus_lost}×` : "",
      flags.reopened ? "reopened" : "",
      number > 1 ? `attempt ${number}` : "",
    ].filter(Boolean);
  }
}

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function face(seconds) {
  const pad = (value) => String(value).padStart(2, "0");
  const whole = Math.floor(seconds);
  return `${whole >= 3600 ? `${Math.floor(whole / 3600)}:` : ""}${pad(Math.floor(whole / 60) % 60)}:${pad(whole % 60)}`;
}

function ago(seconds) {
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min ago` : `${Math.floor(seconds / 3600)} h ago`;
}
