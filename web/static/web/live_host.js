// The host's screen: the code to join with, the question with how many have answered, the answer, the board; and what comes next.

import { call } from "./api.js";
import { confirmed, el, notice } from "./dom.js";
import { bars, board, Countdown, letter, optionBody, stimulus } from "./live_parts.js";
import { w } from "./live_words.js";

const MOVES = { LOBBY: "start", QUESTION: "lock", LOCKED: "reveal", REVEALED: "next" };

export class Host {
  constructor(room) {
    this.room = room;
    this.count = el("p", { class: "answered", role: "status" });
    this.names = el("ul", { class: "names" });
    this.here = el("p", { class: "here", role: "status" });
  }

  get now() { return this.room.scene.now; }

  draw(kind) {
    if (kind === "count") return this.drawNumbers();
    this.countdown?.stop();
    this.countdown = null;
    const { state } = this.now;
    const parts = state === "LOBBY" ? this.lobby() : state === "FINISHED" ? this.over() : this.asked();
    this.room.place.replaceChildren(...parts.filter(Boolean));
    this.drawNumbers();
    return undefined;
  }

  drawNumbers() {
    const { answered, players, newest, state } = this.now;
    this.here.textContent = w("here", players);
    this.count.textContent = answered === null ? "" : w("answeredOf", answered, players);
    if (state === "LOBBY") this.names.replaceChildren(...(newest || []).map((name) => el("li", {}, name)));
  }

  lobby() {
    const address = `${location.host}/live/`;
    return [
      el("h1", {}, this.now.title),
      el("section", { class: "card code-card" },
        el("p", { class: "quiet" }, w("joinAt", address)),
        el("p", { class: "live-code", "aria-label": w("code") }, this.now.code),
        this.here, this.names),
      this.actions(),
    ];
  }

  asked() {
    const { question, state, number, questions, reveal } = this.now;
    const head = el("div", { class: "live-head" },
      el("h1", {}, w("questionOf", number, questions)),
      el("p", { class: "quiet" }, el("span", { class: "live-code small", title: w("joinAt", `${location.host}/live/`) }, this.now.code)));
    if (state === "QUESTION") {
      this.countdown = new Countdown(this.room.clock);
      this.countdown.show({ ...question });
    }
    const options = reveal && reveal.number === number
      ? bars(question, reveal, null)
      : el("ul", { class: "bars" }, ...question.options.map((option, place) => el("li", { class: "bar-of-option" },
        el("span", { class: "letter", "aria-hidden": "true" }, letter(place)), optionBody(question, option))));
    return [
      head, this.countdown?.box, state === "LOCKED" ? el("p", { class: "time-up" }, w("timeUp")) : null,
      el("section", { class: "card live-question" }, stimulus(question, true), options, this.count,
        reveal?.explanation ? el("div", { class: "note explanation", html: reveal.explanation }) : null),
      this.actions(),
      this.now.board ? board(this.now.board, null) : null,
    ];
  }

  over() {
    return [el("h1", {}, this.now.title), el("p", {}, w("over")), board(this.now.board, null),
      el("p", { class: "actions" }, el("a", { class: "button plain", href: "/live/" }, w("back")))];
  }

  actions() {
    const { state, number, questions } = this.now;
    const verb = state === "REVEALED" && number === questions ? "finish" : MOVES[state];
    return el("p", { class: "actions live-actions" },
      el("button", { onclick: (event) => this.move(verb, event.target) }, w(verb)),
      el("button", { class: "plain", onclick: () => this.players() }, w("who")),
      verb === "finish" ? null : el("button", { class: "link", onclick: () => this.end() }, w("end")));
  }

  async move(verb, button) {
    if (button) button.disabled = true;
    try {
      await this.room.move(verb);
    } catch (problem) {
      notice(problem.message);
      await this.room.refresh();
      if (button) button.disabled = false;
    }
  }

  async end() {
    if (await confirmed(w("end"), w("endNow"), w("end"), w("cancel"))) await this.move("finish");
  }

  async players() {
    const list = el("ul", { class: "rows" });
    const box = el("dialog", { class: "players", onclose: () => box.remove() }, el("h2", {}, w("here", this.now.players)), list,
      el("p", { class: "actions" }, el("button", { class: "plain", onclick: () => box.close() }, w("close"))));
    document.body.append(box);
    box.showModal();
    for (let page = 1, more = true; more; page += 1) {
      const found = await call("GET", `${this.room.path}players/?page_size=100&page=${page}`);
      list.append(...found.results.map((player) => this.row(player)));
      more = Boolean(found.next) && box.isConnected;
    }
  }

  row(player) {
    const line = el("li", {}, el("span", {}, player.name));
    const gone = () => line.append(el("span", { class: "quiet" }, w("removed")));
    if (player.removed_at) gone();
    else line.append(el("button", { class: "plain", "aria-label": `${w("remove")}: ${player.name}`, onclick: async (event) => {
      event.target.remove();
      await call("POST", `${this.room.path}remove-player/`, { player: player.id });
      gone();
    } }, w("remove")));
    return line;
  }

  answered() {}
}
