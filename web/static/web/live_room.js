// One live quiz, for its host or a player: the connection, and whose screen it is. Where there is no socket, the state is asked
// for again and again, and everything that is said goes by HTTP.

import { ServerClock } from "../exam/clock.js";
import { Socket } from "../exam/socket.js";
import { call, http } from "./api.js";
import { data, el, show } from "./dom.js";
import { Host } from "./live_host.js";
import { Player } from "./live_play.js";
import { Scene } from "./live_scene.js";
import { w } from "./live_words.js";
import { start } from "./who.js";

const ASK_MS = 2000;
const REMOVED = 4403;

start(async () => new Room().open());

class Room {
  constructor() {
    Object.assign(this, { path: `quiz-sessions/${data.session}/`, clock: new ServerClock(), scene: new Scene(), isGone: false });
    this.line = el("p", { class: "quiet connection", role: "status" });
    this.place = el("div", { class: "live" });
  }

  async open() {
    const state = await this.ask();
    this.screen = state.role === "host" ? new Host(this) : new Player(this);
    show(this.line, this.place);
    document.title = `${state.title} · ${document.title}`;
    this.take(state);
    this.socket = new Socket(`/ws/quizzes/${data.session}/`, "quizzes", {
      http, state: (what, event) => this.connected(what, event), message: (news) => this.hear(news),
    });
    this.asking = setInterval(() => { if (!this.socket.isOpen && !this.isGone) this.refresh(); }, ASK_MS);
  }

  async ask() {
    const asked = performance.now();
    const state = await call("GET", `${this.path}state/`);
    this.clock.learn(state.server_time, asked);
    return state;
  }

  async refresh() {
    try {
      this.take(await this.ask());
    } catch (problem) {
      if (problem.code === "player_removed") this.leave();
    }
  }

  connected(what, event) {
    this.line.textContent = what === "open" ? "" : w("lost");
    if (event?.code === REMOVED) this.refresh();
  }

  hear(news) {
    if (news.server_time) this.clock.learn(news.server_time);
    if (news.type === "removed") this.leave();
    else if (this.scene.take(news)) this.screen.draw(news.type);
    else this.screen.answered(news);
  }

  take(state) {
    if (this.scene.take(state)) this.screen.draw("hello");
  }

  leave() {
    this.isGone = true;
    clearInterval(this.asking);
    this.socket?.stop();
    show(el("h1", {}, w("liveQuiz")), el("p", {}, w("takenOut")), el("p", {}, el("a", { href: "/live/" }, w("back"))));
  }

  // A move of the host, over HTTP: its answer is the new scene.
  async move(verb) {
    this.take(await call("POST", `${this.path}${verb}/`));
  }
}
