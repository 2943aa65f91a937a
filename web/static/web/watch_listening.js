// Recordings that the whole room hears at once: the button that starts one, and how it is heard.

import { call } from "./api.js";
import { confirmed, el, notice } from "./dom.js";

const LOOK_MS = 5000;

export class ListeningDesk {
  constructor(room) {
    this.room = room;
    this.keys = {};
    this.rows = el("ul", { class: "rows cues" });
    this.line = el("p", { class: "quiet", role: "status" });
    this.box = el("section", { class: "card listening", "aria-label": "Recordings" }, el("h2", {}, "Recordings"),
      el("p", { class: "quiet" }, room.is_cued_by_clock ? "They start by themselves when their section begins." : "Everybody hears it at the same moment, five seconds after you press."),
      this.rows, this.line);
  }

  async open() {
    this.recordings = await call("GET", `exam-assignments/${this.room.id}/recordings/`);
    await this.look();
    setInterval(() => this.look().catch(() => { /* the next look will do */ }), LOOK_MS);
  }

  async look() {
    const cues = await call("GET", `exam-assignments/${this.room.id}/cues/`);
    const latest = new Map();
    for (const cue of cues.reverse()) latest.set(cue.recording, cue);
    this.draw(latest);
  }

  draw(latest) {
    if (!this.recordings.length) this.rows.replaceChildren(el("li", {}, "This paper has no recordings."));
    else if (!this.rows.children.length) this.rows.replaceChildren(...this.recordings.map((one, place) => this.row(one, place)));
    this.recordings.forEach((one, place) => {
      const told = this.rows.children[place]?.querySelector(".told");
      const text = heard(latest.get(one.recording));
      if (told && told.textContent !== text) told.textContent = text;
    });
  }

  row(one, place) {
    const name = [one.section, one.title, one.question_number === null ? "" : `question ${one.question_number}`].filter(Boolean).join(" · ");
    const button = el("button", { class: "plain", "aria-label": `Start recording ${place + 1}: ${name}`, onclick: () => this.cue(one, name, button) }, "Start");
    return el("li", {}, el("span", {}, el("b", {}, `${place + 1}. `), name, el("br"),
      el("span", { class: "quiet" }, one.seconds ? `${length(one.seconds)} ` : ""), el("span", { class: "quiet told" })), button);
  }

  async cue(one, name, button) {
    if (!await confirmed("Start for the whole room?", `${name}. It cannot be stopped for single seats.`, "Start", "Cancel")) return;
    button.disabled = true;
    this.line.textContent = "";
    try {
      this.keys[one.recording] ||= crypto.randomUUID();
      await call("POST", `exam-assignments/${this.room.id}/cues/`, { recording: one.recording, idempotency_key: this.keys[one.recording] });
      delete this.keys[one.recording];
      notice("It starts in five seconds.");
      await this.look();
    } catch (problem) {
      if (problem.status && problem.status !== 503) delete this.keys[one.recording];  // else it may have begun all the same
      this.line.textContent = [problem.message, ...(problem.errors || []).map(({ detail }) => detail)].join(" ");
    }
    button.disabled = false;
  }
}

function heard(cue) {
  if (!cue) return "not started yet";
  const { seats, finished, stalled, credited_seconds: credited } = cue;
  return [`${seats} ${seats === 1 ? "seat" : "seats"} began`, finished ? `${finished} to the end` : "",
    stalled ? `${stalled} stood still, ${Math.round(credited)} s given back` : ""].filter(Boolean).join(" · ");
}

function length(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}
