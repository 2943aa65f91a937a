// A marker's desk: one answer of a room after the other. What is on it is held, so that nobody else marks it.

import { call } from "./api.js";
import { confirmed, data, el, notice, show } from "./dom.js";
import { PointsForm } from "./marking_form.js";
import { listOfAnswers } from "./marking_list.js";
import { answerOf, counting, earlier, writerOf } from "./marking_sheet.js";
import { m, refusal } from "./marking_words.js";
import { start } from "./who.js";
import { languages } from "./words.js";

const HOLD_MS = 5 * 60000;

start(async (me) => {
  if (!["TEACHER", "CENTER_ADMIN"].includes(me.role)) return show(el("h1", {}, m("marking")), el("p", {}, m("notStaff")));
  return new Desk(me).open();
});

class Desk {
  constructor(me) {
    const asked = new URLSearchParams(location.search);
    Object.assign(this, { me, question: asked.get("question") ?? "", script: asked.get("script") ?? "", sheet: null, mode: "" });
    this.clear();
  }

  async open() {
    addEventListener("beforeunload", (event) => { if (this.draft.isTouched) event.preventDefault(); });
    setInterval(() => this.hold(), HOLD_MS);
    if (!this.script) return this.next();
    const sheet = await call("GET", `grading-queue/${this.script}/`);
    const isFree = sheet.script.state === "WAITING" && (!this.heldByAnother(sheet.script));
    return this.take(isFree ? await call("POST", `grading-queue/${this.script}/claim/`) : sheet);
  }

  heldByAnother({ claimed_by: holder, claimed_until: until }) {
    return Boolean(holder) && holder.id !== this.me.id && Date.parse(until) > Date.now();
  }

  async next() {
    const only = this.question ? `&question_id=${this.question}` : "";
    await this.take(await call("POST", `grading-queue/next/?exam_assignment_id=${data.room}${only}`));
  }

  // Puts a sheet, or none, on the desk.
  async take(sheet) {
    this.clear();
    this.sheet = sheet;
    this.mode = sheet?.script.state === "WAITING" ? "first" : "";
    const query = new URLSearchParams({ ...(this.question ? { question: this.question } : {}), ...(sheet && !this.mode ? { script: sheet.script.id } : {}) });
    history.replaceState(null, "", `${location.pathname}${query.size ? `?${query}` : ""}`);
    this.room = await call("GET", `grading-queue/rooms/${data.room}/`);
    this.draw();
    scrollTo({ top: 0, behavior: "instant" });
    if (this.form && matchMedia("(min-width: 60rem)").matches) this.form.focus();
    else this.heading.focus({ preventScroll: true });
  }

  clear() { this.draft = { points: {}, comment: "", reason: "", isTouched: false, touchedAt: 0 }; }

  // Held for as long as somebody works on it.
  hold() {
    if (this.mode === "first" && Date.now() - this.draft.touchedAt < 2 * HOLD_MS) {
      call("POST", `grading-queue/${this.sheet.script.id}/claim/`).catch((problem) => notice(refusal(problem)));
    }
  }

  // -- what is shown -----------------------------------------------------------------------------------------------

  draw() {
    const { sheet, room } = this;
    this.form = null;
    this.heading = el("h1", { tabindex: "-1" }, room.title);
    const body = sheet ? this.desk() : [el("p", {}, m(this.waiting ? "nothingFree" : "nothing")), this.waiting ? this.button("again", () => this.next()) : null];
    show(
      this.heading,
      el("p", { class: "actions" }, el("span", { class: "badge scheduled" }, m("waiting", room.waiting)), el("span", { class: "quiet" }, m("marked", room.marked)),
        room.disputed ? el("span", { class: "badge disputed" }, m("disputed", room.disputed)) : null,
        room.questions.length > 1 ? this.choice() : null,
        el("a", { href: "/marking/" }, m("rooms")), el("a", { href: `/rooms/${room.exam_assignment}/results/` }, m("results"))),
      ...body, this.settings(), listOfAnswers(room, this.question),
      languages(el, () => this.draw(), ["en", "ja"]));
  }

  get waiting() {
    return this.room.questions.filter(({ question }) => !this.question || question === this.question).reduce((sum, { waiting }) => sum + waiting, 0);
  }

  choice() {
    const asked = this.room.questions.map(({ question, number: which, waiting }) => el("option", { value: question, selected: question === this.question }, `${m("question", which)} (${waiting})`));
    return el("select", { "aria-label": m("number"), onchange: (event) => this.only(event.target) }, el("option", { value: "" }, m("whole")), ...asked);
  }

  async only(field) {
    const { script } = this.sheet ?? {};
    if (this.draft.isTouched && !await confirmed(this.room.title, m("leave"), m("goOn"), m("cancel"))) {
      field.value = this.question;
      return;
    }
    this.question = field.value;
    // What one holds comes first; put back, it keeps its place in the queue.
    if (script && this.mode === "first") await call("POST", `grading-queue/${script.id}/release/`);
    await this.next();
  }

  button(word, act, isPlain = true) {
    return el("button", { type: "button", class: isPlain ? "plain" : "", onclick: async (event) => {
      event.target.disabled = true;
      await Promise.resolve(act()).catch((problem) => notice(refusal(problem)));
      event.target.disabled = false;
    } }, m(word));
  }

  desk() {
    const { sheet, mode } = this;
    const { script } = sheet;
    if (mode && !(mode === "first" && this.heldByAnother(script))) this.form = this.points();
    const current = counting(sheet);
    const acts = mode ? null : el("p", { class: "actions" },
      current ? this.button("change", () => this.begin("change", current)) : null,
      current && current.marked_by?.id !== this.me.id ? this.button("second", () => this.begin("second", null)) : null,
      this.button("goOn", () => this.next(), false));
    return [
      el("p", { class: "whose" }, el("b", {}, m("question", script.number)), ` · ${writerOf(script)} `,
        mode === "first" ? null : el("span", { class: `badge ${script.state === "DISPUTED" ? "disputed" : "open"}` }, m(script.state))),
      el("div", { class: "desk" }, answerOf(sheet),
        el("aside", {}, this.form?.box ?? (mode === "first" ? el("p", { class: "note" }, m("script_claimed")) : acts), earlier(sheet))),
    ];
  }

  points() {
    const { sheet, mode } = this;
    const others = mode === "first" ? [this.button("release", () => this.release())] : [this.button("cancel", () => this.begin("", null))];
    return new PointsForm({
      rubric: sheet.key.rubric, marks: Number(sheet.script.max_marks), draft: this.draft, needsReason: mode === "change",
      save: m(mode === "first" ? "next" : "save"), help: mode === "second" ? m("secondHelp") : "", others,
      send: (fields) => this.send(fields),
    });
  }

  // -- what is done ------------------------------------------------------------------------------------------------

  begin(mode, mark) {
    this.clear();
    this.mode = mode;
    if (mark) Object.assign(this.draft, { points: Object.fromEntries(mark.scores.map(({ criterion, points }) => [criterion, points])), comment: mark.comment });
    this.draw();
    this.form?.focus();
  }

  async send(fields) {
    const { script } = this.sheet;
    const verb = this.mode === "second" ? "second-mark" : "mark";
    const sheet = await call("POST", `grading-queue/${script.id}/${verb}/`, { ...fields, revision: script.revision });
    notice(m("saved"));
    this.draft.isTouched = false;
    await (this.mode === "first" ? this.next() : this.take(sheet));
  }

  async release() {
    await call("POST", `grading-queue/${this.sheet.script.id}/release/`);
    this.draft.isTouched = false;
    location.assign("/marking/");
  }

  settings() {
    const field = (name, word) => el("label", { class: "field switch" },
      el("input", { type: "checkbox", checked: this.room[name], onchange: (event) => this.plan(name, event.target) }), m(word));
    return el("details", { class: "card settings" }, el("summary", {}, m("how")),
      field("is_anonymous", "isAnonymous"), field("zero_unanswered", "zeroUnanswered"),
      this.room.unanswered ? el("p", { class: "actions" }, this.button("zero", () => this.zero()), el("span", { class: "quiet" }, m("blanks", this.room.unanswered))) : null);
  }

  async plan(name, field) {
    try {
      this.room = await call("PATCH", `grading-queue/rooms/${data.room}/`, { [name]: field.checked });
      if (this.sheet) this.sheet.script = (await call("GET", `grading-queue/${this.sheet.script.id}/`)).script;
      notice(m("saved"));
      this.draw();
    } catch (problem) {
      field.checked = !field.checked;
      notice(refusal(problem));
    }
  }

  async zero() {
    if (!await confirmed(m("zeroAsk"), m("zeroHelp", this.room.unanswered), m("zero"), m("cancel"))) return;
    let all = 0;
    let done;
    do {
      done = await call("POST", "grading-queue/unanswered/", { exam_assignment_id: data.room });
      all += done.marked;
    } while (done.marked && done.left);
    notice(m("zeroed", all, done.left));
    if (this.sheet?.script.is_blank || !this.sheet) {
      this.draft.isTouched = false;
      await this.next();
    } else {
      this.room = await call("GET", `grading-queue/rooms/${data.room}/`);
      this.draw();
    }
  }
}
