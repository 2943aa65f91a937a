// Recordings that a room limits, as the page shows them: a button and a bar, and no way back.

import { Listening } from "../exam/listening.js";
import { el } from "./dom.js";
import { s } from "./sitting_words.js";

export class Players {
  constructor({ http, sitting, mode, byClock = false }) {
    Object.assign(this, { mode, byClock, clock: sitting.clock });
    this.shown = new Set();
    this.listening = new Listening({ http, attempt: sitting.attempt, clock: sitting.clock, reports: sitting.reports, byClock, changed: () => this.draw() });
    if (mode !== "FREE") this.listening.open().catch(() => { /* without a connection: asked for with the first play */ });
  }

  // The place of one recording in the paper.
  box(recording) {
    const button = el("button", { type: "button", onclick: () => this.listening.play(recording) }, s("play"));
    const bar = el("progress", { max: 1, value: 0, "aria-label": s("playedBar") });
    const line = el("span", { class: "quiet", role: "status" });
    const box = el("div", { class: "player" }, this.mode === "LIMITED" ? button : null, bar, line);
    this.shown.add({ recording, box, button, bar, line });
    this.draw();
    return box;
  }

  hear(news) {
    if (news.type !== "cue") return;
    // By the clock each is told its own moment: who came later hears it later, from the beginning.
    if (this.byClock) this.listening.advance();
    else this.listening.follow(news);
  }

  // Another section has begun, or time stands still, or goes on.
  turned() {
    const { playing } = this.listening;
    if (this.byClock && playing && ![...this.shown].some(({ recording }) => recording === playing.recording)) this.listening.stop();
    this.listening.advance();
  }

  hold(isHeld) { this.listening.hold(isHeld); }

  draw() {
    const { playing, left, problem, startsAt } = this.listening;
    for (const one of this.shown) {
      const isMine = playing?.recording === one.recording;
      const plays = left.get(one.recording);
      one.button.disabled = Boolean(playing) || plays === 0;
      const { currentTime = 0, duration } = (isMine && playing.audio) || {};
      one.bar.value = duration > 0 ? Math.min(1, currentTime / duration) : 0;
      let text = "";
      if (isMine) text = s(this.listening.isHeld ? "heldPlay" : "playing");
      else if (startsAt?.recording === one.recording && startsAt.at > this.clock.now()) text = s("soon");
      else if (this.mode === "SYNCHRONISED") text = s("forRoom");
      else if (plays !== undefined && plays !== null) text = plays === 1 ? s("onceMore") : plays ? s("timesLeft", plays) : s("played");
      if (problem && !playing) text = `${text} ${problem}`.trim();
      if (one.line.textContent !== text) one.line.textContent = text;
    }
  }

  forget() { this.shown.clear(); }

  end() { this.listening.end(); }
}
