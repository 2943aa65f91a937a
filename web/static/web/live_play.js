// A player's screen, made for a phone: wait, answer, see what was right and where one stands.

import { call } from "./api.js";
import { el, figure, number } from "./dom.js";
import { bars, board, Countdown, idOf, letter, optionBody, stimulus } from "./live_parts.js";
import { w } from "./live_words.js";

const PATIENCE_MS = 3000;
const PAUSE_MS = 1500;
// Refusals after which there is no use in trying again.
const FINAL = new Set(["too_late", "question_closed", "already_answered", "bad_answer", "not_asked", "player_removed", "seq_reused"]);

export class Player {
  constructor(room) {
    this.room = room;
    this.said = el("p", { class: "verdict-line", role: "status" });
    this.waiting = null;
  }

  get now() { return this.room.scene.now; }

  draw(kind) {
    if (kind === "count" && this.now.state !== "LOBBY") return;
    this.countdown?.stop();
    this.countdown = null;
    const { state } = this.now;
    if (state !== "QUESTION") this.waiting = null;
    const drawn = { LOBBY: () => this.lobby(), QUESTION: () => this.asked(), LOCKED: () => this.asked(), REVEALED: () => this.revealed(), FINISHED: () => this.over() }[state]();
    this.room.place.replaceChildren(...drawn.filter(Boolean));
  }

  lobby() {
    return [el("h1", {}, this.now.title),
      el("section", { class: "card wait" }, el("p", { class: "big" }, this.now.me.name), el("p", {}, w("waitForHost")), el("p", { class: "quiet", role: "status" }, w("here", this.now.players)))];
  }

  head() {
    return el("div", { class: "live-head" }, el("h1", {}, w("questionOf", this.now.number, this.now.questions)), el("p", { class: "quiet" }, w("points", number(this.now.question.points))));
  }

  // -- answering ---------------------------------------------------------------------------------------------------

  asked() {
    const { question, state } = this.now;
    this.isOpen = state === "QUESTION";
    if (this.isOpen) {
      this.countdown = new Countdown(this.room.clock);
      this.countdown.onover = () => { this.isOpen = false; this.drawOptions(); };
      this.countdown.show({ ...question });
    }
    this.chosen = new Set(this.room.scene.answer ? [this.room.scene.answer.response].flat().map(idOf) : []);
    this.options = el("div", { class: "choices-of-player", role: "group", "aria-label": w("answer") });
    this.hand = question.type === "multiple_choice"
      ? el("button", { class: "wide", onclick: () => this.answer([...this.chosen]) }, w("answer")) : null;
    this.drawOptions();
    return [this.head(), this.countdown?.box, el("section", { class: "card live-question" }, stimulus(question, false), this.options, this.hand, this.said)];
  }

  get mayAnswer() {
    return this.isOpen && (!this.room.scene.answer || this.now.answer_policy === "LAST");
  }

  drawOptions() {
    const { question } = this.now;
    const isMany = question.type === "multiple_choice";
    const stand = this.room.scene.answer;
    if (!this.waiting) this.said.textContent = stand ? w(this.now.answer_policy === "LAST" && this.isOpen ? "mayChange" : "saved") : this.isOpen ? "" : w("timeUp");
    this.options.replaceChildren(...question.options.map((option, place) => el("button", {
      class: "choice-of-player", "aria-pressed": String(this.chosen.has(option.id)), disabled: !this.mayAnswer,
      onclick: () => (isMany ? this.toggle(option.id) : this.answer(question.type === "true_false" ? option.id === "true" : option.id)),
    }, el("span", { class: "letter", "aria-hidden": "true" }, letter(place)), optionBody(question, option))));
    if (this.hand) this.hand.disabled = !this.mayAnswer || !this.chosen.size;
  }

  toggle(id) {
    if (!this.chosen.delete(id)) this.chosen.add(id);
    this.drawOptions();
  }

  answer(response) {
    if (!this.mayAnswer) return;
    const told = { number: this.now.number, seq: this.room.scene.nextSeq(), response };
    this.before = this.room.scene.answer;
    this.room.scene.choose(told.number, told.seq, response);
    this.chosen = new Set([response].flat().map(idOf));
    this.waiting = told;
    this.said.textContent = w("sending");
    this.drawOptions();
    this.say(told);
  }

  // Over the socket; by HTTP where that is closed or says nothing. The number makes a second time harmless.
  say(told) {
    if (!this.room.socket.send({ type: "answer", ...told })) this.sayByHttp(told);
    else setTimeout(() => { if (this.waiting === told) this.sayByHttp(told); }, PATIENCE_MS);
  }

  async sayByHttp(told) {
    while (this.waiting === told) {
      try {
        await call("POST", `${this.room.path}answers/`, told);
        return this.settle(told.number, told.seq, null);
      } catch (problem) {
        if (problem.status && (FINAL.has(problem.code) || problem.status === 422)) return this.settle(told.number, told.seq, problem.code, problem.message);
        await new Promise((done) => { setTimeout(done, PAUSE_MS); });
      }
    }
    return undefined;
  }

  // The server's word on an answer.
  answered(news) {
    if (news.type === "acked") this.settle(news.number, news.seq, null);
    else if (news.type === "refused" && FINAL.has(news.code)) this.settle(news.number, news.seq, news.code);
  }

  settle(numberOfQuestion, seq, code, message = "") {
    const told = this.waiting;
    if (told?.number !== numberOfQuestion || told.seq !== seq) return;
    this.waiting = null;
    if (code) {
      this.room.scene.drop(numberOfQuestion);
      if (this.before) this.room.scene.choose(numberOfQuestion, this.before.seq, this.before.response);
      this.room.refresh();
    }
    if (this.now.number === numberOfQuestion && this.options?.isConnected) {
      const stands = this.room.scene.answer;
      this.chosen = new Set(stands ? [stands.response].flat().map(idOf) : []);
      this.drawOptions();
      if (code) this.said.textContent = ["too_late", "question_closed", "already_answered"].includes(code) ? w(code) : w("notSaved", message || code);
    }
  }

  // -- what became of it -------------------------------------------------------------------------------------------

  verdict() {
    const { answer } = this.now.me;
    if (!answer) return el("p", { class: "big verdict blank" }, w("noAnswer"));
    const points = Number(answer.points);
    const kind = answer.is_correct ? "right" : points > 0 ? "partly" : "wrong";
    return el("p", { class: `big verdict ${{ right: "correct", partly: "partial", wrong: "wrong" }[kind]}` },
      w(kind), points ? ` ${points > 0 ? "+" : ""}${number(points)}` : "");
  }

  figures() {
    const { me } = this.now;
    return el("div", { class: "figures" },
      me.rank ? figure(String(me.rank), w("yourRank")) : null, figure(number(me.score), w("yourScore")), figure(String(me.correct), w("yourRight")));
  }

  revealed() {
    const { question, reveal, me } = this.now;
    return [this.head(), this.verdict(), this.figures(),
      el("section", { class: "card live-question" }, stimulus(question, false), bars(question, reveal, me.answer),
        reveal.explanation ? el("div", { class: "note explanation", html: reveal.explanation }) : null),
      this.now.board ? board(this.now.board, me) : null];
  }

  over() {
    return [el("h1", {}, this.now.title), el("p", {}, w("over")), this.figures(),
      this.now.board ? board(this.now.board, this.now.me) : null,
      el("p", { class: "actions" }, el("a", { class: "button plain", href: "/live/" }, w("back")))];
  }
}
