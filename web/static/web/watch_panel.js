// One seat opened: how it stands, what can be done for this student alone, and what was noticed.

import { call } from "./api.js";
import { el, notice, table, unfolding } from "./dom.js";
import { refusedAnswers, withdrawnSheets } from "./kept_for_review.js";
import { timeLedger } from "./time_ledger.js";
import { STATES } from "./watch_seat.js";

const RUNNING = ["SITTING", "AWAY", "PAUSED"];

// Acts on a seat: possible with which state, and whether they are about its attempt.
const ACTS = [
  ["extend", "More time…", ({ state }) => RUNNING.includes(state)],
  ["pause", "Pause…", ({ state }) => ["SITTING", "AWAY"].includes(state)],
  ["resume", "Resume…", ({ state }) => state === "PAUSED"],
  ["accommodate", "Accommodate…", ({ state }) => RUNNING.includes(state), true],
  ["force-submit", "Collect…", ({ state }) => RUNNING.includes(state)],
  ["reopen", "Reopen…", ({ state }) => ["HANDED_IN", "EXPIRED"].includes(state)],
  ["void", "Make void…", ({ attempt }) => Boolean(attempt), true],
];

// What else is told of an attempt, each part when it is opened: its title, and what draws it.
const PARTS = [
  ["Time, every second of it", timeLedger], ["Refused answers", refusedAnswers], ["Withdrawn sheets", withdrawnSheets], ["Events", drawEvents],
];

// ``act(kind, seat, isOfAttempt)`` asks and does it; ``now()`` is the server's clock.
export class SeatPanel {
  constructor(seat, { act, now }) {
    Object.assign(this, { seat, act, now });
    this.facts = el("p", {});
    this.done = el("p", { class: "good", role: "status" });
    this.buttons = el("p", { class: "actions acts" });
    this.parts = el("div", {});
    this.attempt = seat.told.attempt;
    const close = el("button", { type: "button", class: "plain", onclick: () => this.box.close() }, "Close");
    this.box = el("dialog", { class: "panel", "aria-label": seat.told.name, onclose: () => this.left() },
      el("h2", { tabindex: -1, autofocus: true }, seat.told.name), this.facts, this.buttons, this.done, this.parts, el("p", { class: "actions" }, close));
  }

  open() {
    this.draw();
    this.drawParts();
    document.body.append(this.box);
    this.box.showModal();
    this.timer = setInterval(() => this.draw(), 1000);
  }

  left() {
    clearInterval(this.timer);
    this.box.remove();
  }

  draw() {
    const { told } = this.seat;
    const text = [STATES[told.state], ...this.seat.facts(this.now())].filter(Boolean).join(" · ");
    if (this.facts.textContent !== text) this.facts.textContent = text;
    const wanted = ACTS.filter(([, , isPossible]) => isPossible(told));
    const shown = wanted.map(([kind]) => kind).join(" ");
    if (this.shown !== shown) {
      this.shown = shown;
      this.buttons.replaceChildren(...wanted.map(([kind, label, , isOfAttempt]) =>
        el("button", { type: "button", class: kind === "void" ? "danger" : "plain", onclick: () => this.ask(kind, Boolean(isOfAttempt)) }, label)));
    }
    if (this.attempt !== told.attempt) {
      this.attempt = told.attempt;
      this.drawParts();
    }
  }

  async ask(kind, isOfAttempt) {
    this.done.textContent = "";
    if (!await this.act(kind, this.seat, isOfAttempt)) return;
    this.done.textContent = "Done.";
    this.drawParts();
  }

  drawParts() {
    const { attempt } = this;
    this.parts.replaceChildren(...(attempt ? PARTS.map(([title, load]) => unfolding(title, () => load(attempt))) : []));
  }
}

async function drawEvents(attempt) {
  const rows = el("div", {});
  const more = el("button", { type: "button", class: "link" }, "More");
  let page = 0;
  const load = async () => {
    const found = await call("GET", `attempts/${attempt}/events/?page=${page += 1}&page_size=50`);
    if (!found.count) rows.append(el("p", { class: "quiet" }, "Nothing was noticed."));
    else rows.append(table([["When"], ["What"], ["Said by"]], found.results.map((event) => ({ cells: [moment(event.received_at), worded(event), event.is_observed ? "the server" : "the screen"] }))));
    more.hidden = !found.next;
  };
  more.addEventListener("click", () => load().catch((problem) => notice(problem.message)));
  await load();
  return el("div", {}, el("p", { class: "quiet" }, "Advice for people: what the screen says can be left out or made up."), rows, more);
}

function moment(text) {
  return new Date(text).toLocaleString([], { dateStyle: "medium", timeStyle: "medium" });
}

function worded({ kind, details }) {
  const said = Object.entries(details).map(([name, value]) => `${name}: ${value}`).join(", ");
  return said ? `${kind} (${said})` : kind;
}
