// One answer with what it is marked by: the question as its writer had it, the text, the model answer, and earlier marks.

import { el, number, when } from "./dom.js";
import { m } from "./marking_words.js";

// Folded or not, as the marker left it with the answer before.
const isOpen = { asked: true, model: matchMedia("(min-width: 60rem)").matches };

function fold(name, title, ...body) {
  const box = el("details", { class: `card ${name}`, open: isOpen[name], ontoggle: () => { isOpen[name] = box.open; } }, el("summary", {}, title), ...body);
  return box;
}

export const writerOf = (script) => script.student?.name ?? script.candidate;

export function answerOf({ key, question, instruction, reading_text: passage, answer, words, characters }) {
  const unit = question.limits?.unit ?? "words";
  const length = m(unit, unit === "words" ? words : characters);
  return el("div", {},
    fold("asked", m("asked"),
      instruction ? el("div", { class: "instruction", html: instruction }) : null,
      passage ? el("div", { class: "passage", html: passage }) : null,
      el("div", { class: "text", html: question.text }),
      question.image ? el("img", { src: question.image, alt: "" }) : null,
      question.audio_file ? el("audio", { controls: true, preload: "none", src: question.audio_file }) : null),
    key.model_answer ? fold("model", m("model"), el("div", { html: key.model_answer })) : null,
    el("section", { class: "card", "aria-label": m("theirs") },
      el("h2", {}, m("theirs")),
      answer ? el("div", { class: "essay written", tabindex: "0" }, answer) : el("p", { class: "note" }, m("empty")),
      answer ? el("p", { class: "counter quiet" }, [length, asked(question.limits)].filter(Boolean).join(" · ")) : null));
}

function asked(limits) {
  const { least, most, unit } = limits ?? {};
  if (!least && !most) return "";
  const span = least && most ? m("between", least, most) : least ? m("atLeast", least) : m("atMost", most);
  return m("limits", m(unit, span));
}

// The mark that counts: the last one that is no second mark.
export const counting = ({ script, marks }) => (script.state === "WAITING" ? null : marks.findLast(({ kind }) => kind !== "SECOND") ?? null);

export function earlier(sheet) {
  if (!sheet.marks.length) return null;
  const current = counting(sheet);
  const points = ({ scores }) => scores.map((score) => `${sheet.key.rubric[score.criterion]?.title ?? ""} ${number(score.points, 3)}`).join(" · ");
  return el("section", { class: "card" }, el("h2", {}, m("given")), el("ul", { class: "given" }, ...sheet.marks.map((mark) => el("li", {},
    el("b", {}, m(mark.kind)), ` ${m("marks", number(mark.marks, 3), number(sheet.script.max_marks, 3))} `,
    mark === current ? el("span", { class: "badge open" }, m("counts")) : null,
    el("div", { class: "quiet" }, [mark.marked_by?.name ?? m("nobody"), when(mark.marked_at), points(mark)].filter(Boolean).join(" · ")),
    mark.comment ? el("div", { class: "said-to-you" }, mark.comment) : null,
    mark.reason ? el("div", { class: "quiet said-to-you" }, mark.reason) : null))));
}
