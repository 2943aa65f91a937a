// Draws a group of questions, to answer or to review.

import { el } from "./dom.js";
import { essay } from "./essay.js";
import { h } from "./homework_words.js";
import { s } from "./sitting_words.js";

const LETTERS = "1234567890";

export function questionGroup(group, { given, give, review, flags, flag, players, check, isClosed }) {
  return el("section", { class: "group" },
    group.title ? el("h3", {}, group.title) : null,
    group.instruction ? el("div", { class: "instruction", html: group.instruction }) : null,
    sound(group, players),
    group.image ? el("img", { src: group.image, alt: "" }) : null,
    group.reading_text ? el("div", { class: "passage", html: group.reading_text }) : null,
    ...group.questions.map((question) => oneQuestion(question, given[question.id], give, review?.[question.id], flag && flagButton(question, flags, flag), players, check, isClosed?.(question.id))));
}

// Played freely where there is an address; else as the room allows.
function sound({ audio_file: address, recording }, players) {
  if (recording && players) return players.box(recording);
  return address ? el("audio", { controls: true, preload: "none", src: address }) : null;
}

// For later: stays on this device.
function flagButton(question, flags, flag) {
  const button = el("button", { type: "button", class: "flag", "aria-pressed": String(flags.has(question.id)), "aria-label": s("flagOne", question.question_number), title: s("flag") }, "⚑");
  button.addEventListener("click", () => button.setAttribute("aria-pressed", String(flag(question.id))));
  return button;
}

function oneQuestion(question, response, give, reviewed, flag, players, check, isClosed) {
  const told = check?.verdict(question.id);
  return el("fieldset", { class: "question", id: `q-${question.id}`, disabled: !give },
    el("legend", {}, `${question.question_number}.`),
    flag || null,
    question.seconds && give ? el("span", { class: "quiet seconds" }, h("seconds", question.seconds)) : null,
    question.wrong_marks && give ? el("span", { class: "quiet marks" }, h("costs", signed(question.score), signed(question.wrong_marks))) : null,
    el("div", { class: "text", html: question.gaps ? withGaps(question.text) : question.text }),
    sound(question, players),
    question.image ? el("img", { src: question.image, alt: "" }) : null,
    answerOf(question, response, isClosed || check?.isFinal(question.id) ? null : give, reviewed || (told?.key ? told : null)),
    check && question.type !== "essay" ? checkOf(question, told, check) : null,
    Array.isArray(reviewed?.key?.answers) ? el("p", { class: "right" }, s("right"), reviewed.key.answers.filter(({ fraction }) => Number(fraction) > 0)
      .map(({ value, text, tolerance }) => (value ?? text) + (Number(tolerance) ? ` ± ${tolerance}` : "")).join(", ")) : null,
    reviewed?.explanation ? el("p", { class: "quiet", html: reviewed.explanation }) : null);
}

// "4" and "-1" as +4 and −1.
export function signed(marks) {
  const value = Number(marks);
  return `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(value)}`;
}

// What is final is shown and not changed any more.
function answerOf(question, response, give, reviewed) {
  const way = (WAYS[question.type] || choices)(question, response, give || (() => {}), reviewed);
  return give ? way : el("fieldset", { class: "final", disabled: true }, way);
}

// One answer for good: whether it was right, and why where the server tells it by now.
function checkOf(question, told, check) {
  if (told) return el("p", { role: "status", class: `verdict ${told.outcome.toLowerCase()}` }, el("b", {}, h(told.outcome)), told.explanation ? el("span", { html: ` ${told.explanation}` }) : null,
    told.key === null && told.outcome !== "CORRECT" ? el("span", { class: "quiet" }, ` ${h("keyLater")}`) : null);
  if (!check.run) return null;
  return el("p", {}, el("button", { type: "button", class: "plain check", onclick: (event) => { event.target.disabled = true; check.run(question); } }, h("check")));
}

const WAYS = {
  essay,
  numeric: (question, response, give) => typed(question, response, give, "decimal"),
  short_text: (question, response, give) => typed(question, response, give, "text"),
  true_false: trueOrFalse,
  ordering,
  matching: (question, response, give) => pairs(question, question.prompts, response, give, () => question.options),
  gap_fill: (question, response, give) =>
    pairs(question, question.gaps.map((gap) => ({ ...gap, text: gapNumber(gap.number) })), response, give, (gap) => gap.options),
};

// Where gap 1 stands, and beside its field: the same sign.
function withGaps(html) {
  return html.replace(/\[\[(\d{1,4})\]\]/gu, (_, number) => gapNumber(number));
}

function gapNumber(number) {
  return `<b class="gap">${number}</b>`;
}

function typed(question, response, give, mode) {
  const input = el("input", { class: "number", inputmode: mode, "aria-label": s("answerOf", question.question_number), value: response ?? "" });
  let sent = input.value;
  let pause;
  const send = () => {
    clearTimeout(pause);
    if (input.value.trim() === sent) return;
    sent = input.value.trim();
    give(question.id, sent || null);
  };
  input.addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(send, 700); });
  input.addEventListener("change", send);
  return input;
}

function trueOrFalse(question, response, give) {
  return el("div", { class: "options", role: "radiogroup" }, ...[true, false].map((value) => {
    const input = el("input", { type: "radio", name: question.id, checked: response === value });
    input.addEventListener("change", () => give(question.id, value));
    return el("label", { class: "option" }, input, el("span", {}, s(String(value))));
  }));
}

// One choice per place, each option in one place only; what is given is the filled places up to the first empty one.
function ordering(question, response, give) {
  const places = question.options.map((_, place) => picker(question.options, response?.[place], place + 1 === question.star ? "★" : `${place + 1}.`));
  for (const { input } of places) {
    input.addEventListener("change", () => {
      for (const other of places) if (other.input !== input && other.input.value === input.value) other.input.value = "";
      const chosen = places.map((place) => place.input.value);
      const end = chosen.indexOf("");
      const order = end < 0 ? chosen : chosen.slice(0, end);
      give(question.id, order.length ? order : null);
    });
  }
  return el("div", { class: "options" }, ...places.map((place) => place.label));
}

function pairs(question, prompts, response, give, optionsOf) {
  const rows = prompts.map((prompt) => {
    const options = optionsOf(prompt);
    const row = options.length ? picker(options, response?.[prompt.id], prompt) : written(response?.[prompt.id], prompt);
    return { ...row, id: prompt.id };
  });
  for (const { input } of rows) {
    input.addEventListener("change", () => {
      const filled = rows.map((row) => [row.id, row.input.value.trim()]).filter(([, value]) => value);
      give(question.id, filled.length ? Object.fromEntries(filled) : null);
    });
  }
  return el("div", { class: "options" }, ...rows.map((row) => row.label));
}

function picker(options, chosen, about) {
  const input = el("select", {}, el("option", { value: "" }, "–"), ...options.map((option, index) =>
    el("option", { value: option.id, selected: option.id === chosen }, plainly(option.text) || LETTERS[index])));
  return { input, label: labelled(about, input) };
}

function written(value, about) {
  const input = el("input", { value: value ?? "" });
  return { input, label: labelled(about, input) };
}

function labelled(about, input) {
  const said = typeof about === "string" ? el("span", {}, about) : el("span", { html: about.text });
  return el("label", { class: "option" }, said, about.image ? el("img", { src: about.image, alt: "" }) : null, input);
}

function plainly(html) {
  return new DOMParser().parseFromString(html || "", "text/html").body.textContent.trim();
}

function choices(question, response, give, reviewed) {
  const many = question.type === "multiple_choice";
  const chosen = new Set(many ? response || [] : [response]);
  const box = el("div", { class: "options", role: many ? "group" : "radiogroup" });
  // Options that are bare numbers, as where a recording reads them out, need no number before them.
  const isNumbered = !question.options.every((option) => /^\d$/.test(plainly(option.text)));
  for (const [index, option] of question.options.entries()) {
    const input = el("input", { type: many ? "checkbox" : "radio", name: question.id, value: option.id, checked: chosen.has(option.id) });
    input.addEventListener("change", () => {
      const picked = [...box.querySelectorAll("input:checked")].map((each) => each.value);
      give(question.id, many ? (picked.length ? picked : null) : picked[0]);
    });
    const share = Number(reviewed?.key?.fractions?.[option.id] ?? 0);
    const mark = reviewed ? (share > 0 ? " right" : chosen.has(option.id) ? " wrong" : "") : "";
    box.append(el("label", { class: `option${mark}` }, input, isNumbered ? el("span", { class: "quiet" }, LETTERS[index] || "") : null,
      el("span", { html: option.text || "" }), option.image ? el("img", { src: option.image, alt: "" }) : null));
  }
  return box;
}
