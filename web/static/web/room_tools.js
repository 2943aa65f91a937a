// What lies on the desk of somebody who sits: a calculator, a sheet for notes, and marks on questions. All of it stays on
// this device.

import { el } from "./dom.js";
import { calculate } from "./room_calculator.js";
import { s } from "./sitting_words.js";

// What is kept for one attempt in this browser; without storage, until the page is left.
export function keepsake(attempt, name) {
  const key = `shiken.${name}.${attempt}`;
  return {
    get() { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
    set(value) { try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* a private window */ } },
  };
}

// The questions that somebody wants to come back to.
export class Flags {
  constructor(attempt) {
    this.kept = keepsake(attempt, "flags");
    this.questions = new Set(this.kept.get() || []);
  }

  has(question) { return this.questions.has(question); }

  toggle(question) {
    if (!this.questions.delete(question)) this.questions.add(question);
    this.kept.set([...this.questions]);
    return this.has(question);
  }
}

export function tools(names, attempt) {
  const made = { calculator: calculator(), notes: notes(attempt), dictionary: el("p", { class: "quiet" }, s("mayUseDictionary")) };
  return names.filter((name) => name in made).map((name) => made[name]);
}

const KEYS = ["7", "8", "9", "÷", "4", "5", "6", "×", "1", "2", "3", "−", "0", ".", "^", "+", "(", ")", "√", "="];

function calculator() {
  const sum = el("input", { "aria-label": s("calculation"), autocomplete: "off", spellcheck: "false" });
  const result = el("output", { "aria-live": "polite" });
  const work = () => {
    const value = calculate(sum.value);
    result.textContent = Number.isNaN(value) ? (sum.value.trim() ? "?" : "") : `= ${Number(value.toPrecision(12))}`;
  };
  const press = (key) => {
    if (key === "=") return work();
    if (key === "C") sum.value = "";
    else sum.setRangeText(key, sum.selectionStart, sum.selectionEnd, "end");
    return work();
  };
  sum.addEventListener("input", work);
  return el("details", { class: "tool" }, el("summary", {}, s("calculatorTool")), sum, result,
    el("div", { class: "keys" }, ...[...KEYS, "C"].map((key) => el("button", { type: "button", class: "plain", onclick: () => press(key) }, key))));
}

function notes(attempt) {
  const kept = keepsake(attempt, "notes");
  const text = el("textarea", { rows: 6, "aria-label": s("notesTool"), maxlength: 20000 });
  text.value = kept.get() || "";
  text.addEventListener("input", () => kept.set(text.value));
  return el("details", { class: "tool" }, el("summary", {}, s("notesTool")), text, el("p", { class: "quiet" }, s("notesHelp")));
}
