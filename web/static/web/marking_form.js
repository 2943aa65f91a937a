// The points of one answer: a choice or a number for each criterion, a comment, and what it all is worth.

import { el, number } from "./dom.js";
import { m, refusal } from "./marking_words.js";

const mostOf = ({ levels, most }) => (levels.length ? Math.max(...levels.map(({ points }) => Number(points))) : Number(most));

// ``send({scores, comment, reason})`` saves it; ``draft`` keeps what stands in the fields when the page is drawn anew.
export class PointsForm {
  constructor({ rubric, marks, draft, needsReason, save, help, others, send }) {
    Object.assign(this, { rubric, marks, draft, send });
    this.wrong = el("p", { class: "error", role: "alert" });
    this.worth = el("p", { class: "worth", role: "status" });
    this.button = el("button", { "aria-keyshortcuts": "Control+Enter" }, save);
    const comment = el("textarea", { rows: 4, maxlength: 10000, oninput: () => this.keep({ comment: comment.value }) });
    comment.value = draft.comment;
    const reason = needsReason ? el("input", { maxlength: 500, required: true, oninput: () => this.keep({ reason: reason.value }) }) : null;
    if (reason) reason.value = draft.reason;
    this.box = el("form", { class: "card points", onsubmit: (event) => this.submit(event), onkeydown: (event) => this.key(event) },
      help ? el("p", { class: "quiet" }, help) : null,
      ...rubric.map((criterion, place) => this.criterion(criterion, place)),
      this.worth,
      el("label", { class: "field" }, m("comment"), comment),
      reason ? el("label", { class: "field" }, m("reason"), reason) : null,
      this.wrong,
      el("p", { class: "actions" }, this.button, ...others),
      el("p", { class: "quiet keys-help" }, m("keys")));
    this.add();
  }

  criterion({ title, description, levels, most }, place) {
    const about = description ? el("div", { class: "quiet", html: description }) : null;
    const given = this.draft.points[place];
    if (!levels.length) {
      const input = el("input", { type: "number", min: "0", max: String(Number(most)), step: "0.001", inputmode: "decimal", required: true, "aria-label": `${title}: ${m("upTo", number(most, 3))}` });
      if (given !== undefined) input.value = given;
      input.addEventListener("input", () => this.put(place, input.value));
      return el("fieldset", { class: "criterion" }, el("legend", {}, title), about, el("p", { class: "actions" }, input, el("span", { class: "quiet" }, m("upTo", number(most, 3)))));
    }
    const rows = levels.map((level) => {
      const input = el("input", { type: "radio", name: `criterion-${place}`, value: level.points, required: true });
      input.checked = given !== undefined && Number(given) === Number(level.points);
      input.addEventListener("change", () => this.put(place, input.value));
      return el("label", { class: "option" }, input,
        el("span", {}, el("b", {}, number(level.points, 3)), ` ${level.title}`, level.description ? el("div", { class: "quiet", html: level.description }) : null));
    });
    return el("fieldset", { class: "criterion" }, el("legend", {}, title), about, ...rows);
  }

  focus() { this.box.querySelector("input")?.focus({ preventScroll: true }); }

  put(place, points) {
    this.keep({ points: { ...this.draft.points, [place]: points } });
    this.add();
  }

  keep(changes) {
    Object.assign(this.draft, changes, { isTouched: true, touchedAt: Date.now() });
  }

  add() {
    const most = this.rubric.reduce((sum, criterion) => sum + mostOf(criterion), 0);
    const sum = this.rubric.reduce((total, _, place) => total + Number(this.draft.points[place] || 0), 0);
    this.worth.textContent = m("worth", number(sum, 3), number(most, 3), number((sum / most) * this.marks, 3), number(this.marks, 3));
  }

  key(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.box.requestSubmit();
    } else if (event.target.type === "radio" && /^[1-9]$/.test(event.key)) {
      const level = event.target.closest("fieldset").querySelectorAll("input")[Number(event.key) - 1];
      level?.focus();
      level?.click();
    }
  }

  async submit(event) {
    event.preventDefault();
    if (this.button.disabled) return;
    this.button.disabled = true;
    this.wrong.textContent = "";
    const { points, comment, reason } = this.draft;
    try {
      await this.send({ scores: this.rubric.map((_, criterion) => ({ criterion, points: points[criterion] })), comment, ...(reason ? { reason } : {}) });
    } catch (problem) {
      this.wrong.textContent = refusal(problem);
      if (["mark_changed", "script_claimed"].includes(problem.code)) {
        this.wrong.append(" ", el("button", { type: "button", class: "link", onclick: () => location.reload() }, m("again")));
      }
    }
    this.button.disabled = false;
  }
}
