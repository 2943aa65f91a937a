// Recordings where a room limits them: each play is asked for, counted by the server and cannot be wound back; or the room
// listens together, at a moment that staff give. Stalls are measured and told, and the server gives time back for them.

const SHORTEST_STALL_MS = 300;

export class Listening {
  // ``changed()`` tells the page; ``Audio`` makes the players.
  constructor({ http, attempt, clock, changed = () => {}, Audio = globalThis.Audio }) {
    Object.assign(this, { http, attempt, clock, changed, Audio });
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
    if (cue) this.follow(cue, { isLate: true });
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
    this.waiting = setTimeout(() => this.begin({ cue: cue.id }, cue.recording, { isLate }), Math.max(0, Date.parse(cue.starts_at) - this.clock.now()));
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
      this.stop();
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
    audio.addEventListener("ended", () => { this.say({ action: "finish", play: play.play }); this.stop(); });
    audio.addEventListener("error", () => { this.problem = "The recording could not be played. Tell your supervisor."; this.stop(); });
    audio.play()?.catch((error) => { this.problem = error.message; this.stop(); });
    this.changed();
  }

  goneOn() {
    const { stalled, play, hasBegun } = this.playing;
    Object.assign(this.playing, { stalled: null, hasBegun: true });
    const lasted = stalled === null ? 0 : this.clock.monotonic() - stalled;
    if (hasBegun && lasted >= SHORTEST_STALL_MS) this.say({ action: "stall", play, seconds: lasted / 1000 });
  }

  async say(body) {
    try {
      await this.http.call("POST", this.path, body);
    } catch { /* advice: the play is counted already */ }
  }

  stop() {
    this.playing?.audio?.pause?.();
    this.playing = null;
    this.changed();
  }

  end() {
    clearTimeout(this.waiting);
    this.stop();
  }
}
