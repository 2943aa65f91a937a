// Draws a group of questions, to answer or to review.

import { el } from "./dom.js";

const LETTERS = "1234567890";

export function questionGroup(group, { given, give, review }) {
  return el("section", { class: "group" },
    group.title ? el("h3", {}, group.title) : null,
    group.instruction ? el("div", { class: "instruction", html: group.instruction }) : null,
    group.audio_file ? el("audio", { controls: true, preload: "none", src: group.audio_file }) : null,
    group.image ? el("img", { src: group.image, alt: "" }) : null,
    group.reading_text ? el("div", { class: "passage", html: group.reading_text }) : null,
    ...group.questions.map((question) => oneQuestion(question, given[question.id], give, review?.[question.id])));
}

function oneQuestion(question, response, give, reviewed) {
  return el("fieldset", { class: "question", id: `q-${question.id}`, disabled: !give },
    el("legend", {}, `${question.question_number}.`),
    el("div", { class: "text", html: question.text }),
    question.audio_file ? el("audio", { controls: true, preload: "none", src: question.audio_file }) : null,
    question.image ? el("img", { src: question.image, alt: "" }) : null,
    question.type === "numeric" ? typed(question, response, give) : choices(question, response, give, reviewed),
    reviewed?.explanation ? el("p", { class: "quiet", html: reviewed.explanation }) : null);
}

function typed(question, response, give) {
  const input = el("input", { class: "number", inputmode: "decimal", "aria-label": `Answer ${question.question_number}`, value: response ?? "" });
  input.addEventListener("change", () => give(question.id, input.value.trim() || null));
  return input;
}

function choices(question, response, give, reviewed) {
  const many = question.type === "multiple_choice";
  const chosen = new Set(many ? response || [] : [response]);
  const box = el("div", { class: "options", role: many ? "group" : "radiogroup" });
  for (const [index, option] of question.options.entries()) {
    const input = el("input", { type: many ? "checkbox" : "radio", name: question.id, value: option.id, checked: chosen.has(option.id) });
    input.addEventListener("change", () => {
      const picked = [...box.querySelectorAll("input:checked")].map((each) => each.value);
      give(question.id, many ? (picked.length ? picked : null) : picked[0]);
    });
    const share = Number(reviewed?.key?.fractions?.[option.id] ?? 0);
    const mark = reviewed ? (share > 0 ? " right" : chosen.has(option.id) ? " wrong" : "") : "";
    box.append(el("label", { class: `option${mark}` }, input, el("span", { class: "quiet" }, LETTERS[index] || ""),
      el("span", { html: option.text || "" }), option.image ? el("img", { src: option.image, alt: "" }) : null));
  }
  return box;
}
