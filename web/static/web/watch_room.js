// The room itself on the invigilator's page: how it stands, and the moves that are possible from there.

import { call } from "./api.js";
import { el, notice, when } from "./dom.js";
import { ask } from "./watch_ask.js";

const LOOK_MS = 10000;

// What may come of it in each status; the server has the last word.
const MOVES = [
  ["open", "Open…", ({ status }) => status === "SCHEDULED"],
  ["close", "Close…", ({ status }) => status === "OPEN"],
  ["reopen-room", "Reopen the room…", ({ status, is_published: isReleased }) => ["CLOSED", "FINALISED"].includes(status) && !isReleased],
  ["finalise", "Finalise…", ({ status }) => status === "CLOSED"],
  ["release", "Release results…", ({ status, is_published: isReleased }) => ["CLOSED", "FINALISED"].includes(status) && !isReleased],
];
const DONE = {
  open: "The room is open.", close: "The room is closed.", "reopen-room": "The room is open again.",
  finalise: "The room is finalised.", release: "Students see their results now.",
};

export class RoomDesk {
  // ``say(kind, fields)`` does what is asked for.
  constructor(room, say) {
    Object.assign(this, { room, say });
    this.badge = el("span", { class: "badge" });
    this.told = el("span", { class: "quiet" });
    this.acts = el("span", { class: "acts", role: "group", "aria-label": "The room" });
    this.box = el("p", { class: "actions room-desk" }, this.badge, this.told, this.acts);
    this.draw();
  }

  open() {
    setInterval(() => this.look().catch(() => { /* the next look will do */ }), LOOK_MS);
  }

  async look() {
    this.room = await call("GET", `exam-assignments/${this.room.id}/`);
    this.draw();
  }

  draw() {
    const { room } = this;
    const facts = [
      room.status === "SCHEDULED" && room.opens_at ? `opens ${when(room.opens_at)}` : "",
      room.status === "OPEN" && room.closes_at ? `closes ${when(room.closes_at)}` : "",
      ["CLOSED", "FINALISED"].includes(room.status) ? `closed ${when(room.closed_at)}` : "",
      room.paused_at ? `paused since ${when(room.paused_at)}: nobody can begin` : "",
      room.is_published ? "results released" : "",
    ];
    this.badge.textContent = room.status.toLowerCase();
    this.badge.className = `badge ${room.status.toLowerCase()}`;
    this.told.textContent = facts.filter(Boolean).join(" · ");
    this.told.hidden = !this.told.textContent;
    const wanted = MOVES.filter(([, , isPossible]) => isPossible(room));
    const shown = wanted.map(([kind]) => kind).join(" ");
    // Buttons stay the same nodes while nothing has changed, so that nobody's focus is lost.
    if (this.shown === shown) return;
    this.shown = shown;
    this.acts.replaceChildren(...wanted.map(([kind, text]) => el("button", { class: "plain", onclick: () => this.act(kind) }, text)));
  }

  async act(kind) {
    const done = await ask(kind, this.room.title, (fields) => this.say(kind, fields));
    if (done) notice(DONE[kind]);
    // Also after a refusal or a second thought: what is shown may have been old.
    await this.look();
  }
}
