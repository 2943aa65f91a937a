// Recordings where a room limits them: each play is asked for, counted by the server and cannot be wound back; or the room
// listens together, at a moment that staff give. Stalls are measured and told, and the server gives time back for them, also
// where it hears of them only when the connection is back.

import { Reports } from "./reports.js";
import { MemoryStore } from "./store.js";

const SHORTEST_STALL_MS = 300;
const LONGEST_STALL_MS = 600000;
const AGAIN_MS = 3000;

export class Listening {
  // ``changed()`` tells the page; ``Audio`` makes the players; ``byClock``: recordings start when their section begins.
  // ``reports`` are those of the sitting, which outlive a reload.
  constructor({ http, attempt, clock, changed = () => {}, Audio = globalThis.Audio, byClock = false, reports = new Reports({ http, attempt, store: new MemoryStore() }) }) {
    Object.assign(this, { http, attempt, clock, changed, Audio, byClock, reports, isHeld: false, startsAt: null });
    this.left = new Map();
    this.playing = null;
    this.problem = "";
  }

  get path() { return `attempts/${this.attempt}/plays/`; }

  // What has been played, and what the room listens to: for who comes, or comes back.
  async open() {
    const { recordings, cue } = await this.http.call("GET", this.path);
    for (const { recording, plays_left: left } of recordings) this.left.set(recording, left);
    this.changed();
    if (this.byClock) await this.advance();
    else if (cue) this.follow(cue, { isLate: true });
  }

  // Where recordings start by the clock: what is heard now or next in the section that is open.
  async advance() {
    clearTimeout(this.asking);
    if (!this.byClock || this.hasEnded || this.isHeld || this.playing) return;
    try {
      const { cue } = await this.http.call("POST", `attempts/${this.attempt}/next-recording/`, {});
      if (cue) this.follow(cue);
    } catch {
      this.asking = setTimeout(() => this.advance(), AGAIN_MS);
    }
  }

  // Time stands still: so does what is heard.
  hold(isHeld) {
    if (this.isHeld === isHeld) return;
    this.isHeld = isHeld;
    if (isHeld) {
      clearTimeout(this.waiting);
      this.cue = null;
      this.playing?.audio?.pause?.();
    } else if (this.playing?.audio) this.playing.audio.play()?.catch((error) => { this.problem = error.message; this.stop(); });
    else this.advance();
  }

  // A recording of one's own; ``recording`` counts once, however often the request has to be sent.
  async play(recording) {
    if (this.playing) return;
    await this.begin({ recording }, recording);
  }

  // The whole room hears it from ``starts_at`` on.
  follow(cue, { isLate = false } = {}) {
    if (this.cue === cue.id) return;
    this.cue = cue.id;
    this.startsAt = { recording: cue.recording, at: Date.parse(cue.starts_at) };
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.begin({ cue: cue.id }, cue.recording, { isLate }), Math.max(0, this.startsAt.at - this.clock.now()));
    this.changed();
  }

  async begin(what, recording, { isLate = false } = {}) {
    this.playing = { recording, audio: null, stalled: null };
    this.problem = "";
    this.changed();
    try {
      const play = await this.http.call("POST", this.path, { action: "start", play: crypto.randomUUID(), ...what });
      if (play.plays_left !== null) this.left.set(recording, play.plays_left);
      if (!play.url) return this.stop();
      this.sound(play);
    } catch (problem) {
      // Who comes after a recording is over has missed nothing that can still be heard.
      if (!isLate) this.problem = problem.message;
      this.cue = this.byClock ? null : this.cue;
      this.stop();
      if (this.byClock) this.asking = setTimeout(() => this.advance(), AGAIN_MS);
    }
    return undefined;
  }

  sound(play) {
    const audio = new this.Audio(play.url);
    Object.assign(this.playing, { audio, play: play.play });
    if (play.offset) audio.addEventListener("loadedmetadata", () => { audio.currentTime = play.offset; }, { once: true });
    audio.addEventListener("waiting", () => { this.playing.stalled ??= this.clock.monotonic(); });
    audio.addEventListener("playing", () => this.goneOn());
    audio.addEventListener("timeupdate", () => this.changed());
    audio.addEventListener("ended", () => this.finish(play.play));
    audio.addEventListener("error", () => { this.goneOn(); this.problem = "The recording could not be played. Tell your supervisor."; this.stop(); });
    audio.play()?.catch((error) => { this.problem = error.message; this.stop(); });
    this.changed();
  }

  async finish(play) {
    this.stop();
    await this.reports.tell({ action: "finish", play });
    await this.advance();
  }

  goneOn() {
    if (!this.playing) return;
    const { stalled, play, hasBegun } = this.playing;
    Object.assign(this.playing, { stalled: null, hasBegun: true });
    const lasted = stalled === null ? 0 : this.clock.monotonic() - stalled;
    if (hasBegun && lasted >= SHORTEST_STALL_MS) this.reports.tell({ action: "stall", play, seconds: Math.min(lasted, LONGEST_STALL_MS) / 1000 });
  }

  stop() {
    this.playing?.audio?.pause?.();
    this.playing = null;
    this.startsAt = null;
    this.changed();
  }

  end() {
    this.hasEnded = true;
    clearTimeout(this.waiting);
    clearTimeout(this.asking);
    this.stop();
  }
}
