// What the screens of host and players have in common: the question, its options as bars, the board, the time that is left.

import { el, number, table } from "./dom.js";
import { w } from "./live_words.js";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

export const idOf = (response) => (typeof response === "boolean" ? String(response) : response);

export const letter = (place) => LETTERS[place] || String(place + 1);

export function textOf(question, option) {
  return question.type === "true_false" ? w(option.id) : null;
}

export function optionBody(question, option) {
  const own = textOf(question, option);
  return el("span", { class: "said" }, own ?? el("span", { html: option.text }), option.image ? el("img", { src: option.image, alt: "" }) : null);
}

export function stimulus(question, isHost) {
  return el("div", { class: "stimulus" },
    question.instruction ? el("div", { class: "instruction", html: question.instruction }) : null,
    question.reading_text ? el("div", { class: "passage", html: question.reading_text }) : null,
    question.group_image ? el("img", { src: question.group_image, alt: "" }) : null,
    el("div", { class: "asked", html: question.text }),
    question.image ? el("img", { src: question.image, alt: "" }) : null,
    question.audio && isHost ? el("audio", { controls: true, src: question.audio, "aria-label": w("listen") }) : null);
}

// The options after the reveal: who chose what, what was right, what one's own answer was.
export function bars(question, reveal, mine) {
  const most = Math.max(1, ...Object.values(reveal.distribution));
  const own = new Set(mine ? [mine.response].flat().map(idOf) : []);
  return el("ul", { class: "bars" }, ...question.options.map((option, place) => {
    const isRight = reveal.right.includes(option.id);
    const count = reveal.distribution[option.id] ?? 0;
    const kinds = ["bar-of-option", isRight ? "right" : "", own.has(option.id) ? "own" : ""].filter(Boolean).join(" ");
    return el("li", { class: kinds },
      el("span", { class: "letter", "aria-hidden": "true" }, letter(place)), optionBody(question, option),
      el("span", { class: "count" }, isRight ? "✓ " : "", String(count)),
      el("span", { class: "bar" }, el("i", { style: `width: ${(100 * count) / most}%` })));
  }));
}

export function board(shown, me) {
  const rows = shown.top.map((row) => ({ row, cells: [String(row.rank), row.name || "…", number(row.score)] }));
  const isMe = ({ row }) => Boolean(me) && row.name === me.name && row.rank === me.rank && Number(row.score) === Number(me.score);
  return el("section", { class: "live-board" }, el("h2", {}, w("board")),
    rows.length ? table([[w("rank"), "num"], [w("name"), ""], [w("score"), "num"]], rows, isMe) : el("p", { class: "quiet" }, w("nobody")));
}

// A bar and a number that run down by the server's clock.
export class Countdown {
  constructor(clock) {
    this.clock = clock;
    this.text = el("b", { class: "clock", role: "timer" });
    this.fill = el("i", {});
    this.box = el("div", { class: "countdown" }, this.text, el("span", { class: "bar" }, this.fill));
    this.beat = setInterval(() => this.tick(), 200);
  }

  show(question) {
    this.question = question;
    this.tick();
  }

  tick() {
    if (!this.question) return;
    const left = Math.max(0, Date.parse(this.question.ends_at) - this.clock.now());
    this.left = left;
    const seconds = String(Math.ceil(left / 1000));
    if (this.text.textContent !== seconds) this.text.textContent = seconds;
    this.text.classList.toggle("soon", left < 5000);
    this.fill.style.width = `${Math.min(100, left / (this.question.seconds * 10))}%`;
    if (left === 0 && !this.question.isOver) {
      this.question.isOver = true;
      this.onover?.();
    }
  }

  stop() {
    clearInterval(this.beat);
    this.box.remove();
  }
}
