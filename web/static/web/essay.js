// An essay: a field that counts and saves while it is written, and beside its marks when it is reviewed.

import { Draft, lengthOf } from "../exam/draft.js";
import { el, number } from "./dom.js";
import { bilingual } from "./words.js";

const say = bilingual({
  answer: ["Answer {}", "解答 {}"],
  words: ["{} words", "{}語"],
  characters: ["{} characters", "{}字"],
  one_words: ["{} word", "{}語"],
  one_characters: ["{} character", "{}字"],
  between: ["{}; write {} to {}", "{}（{}～{}）"],
  least: ["{}; write at least {}", "{}（{}以上）"],
  most: ["{}; write at most {}", "{}（{}以内）"],
  over: ["{} too many. What you wrote before is saved; shorten your text to save it.", "{}超過しています。超過する前の文章は保存されています。短くすると保存されます。"],
  kept: ["Saved when you pause.", "入力が止まると保存されます。"],
  nothing: ["Nothing was written.", "解答なし"],
  points: ["{} of {}", "{1}点中{0}点"],
  rubric: ["Marked by", "採点基準"],
  comment: ["Comment", "コメント"],
  model: ["Model answer", "解答例"],
  waiting: ["Not marked.", "未採点"],
});

const counted = (unit, count) => say(count === 1 ? `one_${unit}` : unit, count);
const drafts = new Set();
const texts = new Map();  // what stands in the fields, also what is too long to be saved

// Gives away what was typed last: before handing in, before a section ends, when the page is hidden.
export function flushDrafts() {
  for (const { draft, input } of drafts) {
    draft.flush();
    if (!input.isConnected) drafts.delete(draft.entry);
  }
}

document.addEventListener("visibilitychange", () => { if (document.hidden) flushDrafts(); });
addEventListener("pagehide", flushDrafts);

export function essay(question, response, give, reviewed) {
  return reviewed ? marked(question, response, reviewed) : field(question, response, give);
}

function field(question, response, give) {
  const counter = el("p", { class: "counter quiet", id: `count-${question.id}` });
  const input = el("textarea", {
    class: "essay", rows: 14, spellcheck: "false", autocomplete: "off", autocapitalize: "off",
    "aria-label": say("answer", question.question_number), "aria-describedby": counter.id,
  });
  const draft = new Draft({ limits: question.limits, text: response, give: (text) => give(question.id, text), told });
  draft.entry = { draft, input };
  drafts.add(draft.entry);
  input.value = texts.get(question.id) ?? response ?? "";
  input.addEventListener("input", () => {
    texts.set(question.id, input.value);
    draft.write(input.value);
  });
  input.addEventListener("change", () => draft.flush());
  draft.text = input.value;
  told(draft.standing());
  return el("div", { class: "writing" }, input, counter);

  function told({ length, unit, least, most, over, beyond, isGiven }) {
    const count = counted(unit, length);
    const whole = least && most ? say("between", count, least, most) : least ? say("least", count, least) : most ? say("most", count, most) : count;
    const excess = over ? counted(unit, over) : beyond ? counted("characters", beyond) : "";
    counter.textContent = excess ? `${whole}. ${say("over", excess)}` : isGiven ? whole : `${whole} · ${say("kept")}`;
    counter.classList.toggle("over", Boolean(excess));
    input.setAttribute("aria-invalid", String(Boolean(excess)));
  }
}

// What was written is text, whatever it looks like.
function marked(question, response, { key, judgement }) {
  const unit = question.limits?.unit || "words";
  const points = new Map((judgement?.scores || []).map((score) => [score.criterion, score.points]));
  const rows = (key?.rubric || []).map((criterion, place) => {
    const most = criterion.levels.length ? Math.max(...criterion.levels.map((level) => Number(level.points))) : Number(criterion.most);
    const level = criterion.levels.find((one) => Number(one.points) === Number(points.get(place)));
    return el("li", {}, el("b", {}, criterion.title), points.has(place) ? ` ${say("points", number(points.get(place), 3), number(most, 3))}` : ` ${number(most, 3)}`,
      level ? el("span", { class: "quiet" }, ` · ${level.title}`) : null,
      level?.description || criterion.description ? el("div", { class: "quiet", html: level?.description || criterion.description }) : null);
  });
  return el("div", { class: "writing" },
    response ? el("div", { class: "essay written" }, response) : el("p", { class: "quiet" }, say("nothing")),
    response ? el("p", { class: "counter quiet" }, counted(unit, lengthOf(response, unit))) : null,
    response && !judgement ? el("p", { class: "quiet" }, say("waiting")) : null,
    rows.length ? el("details", { open: Boolean(judgement) }, el("summary", {}, say("rubric")), el("ul", {}, ...rows)) : null,
    judgement?.comment ? el("div", { class: "note" }, el("b", {}, say("comment")), el("div", { class: "said-to-you" }, judgement.comment)) : null,
    key?.model_answer ? el("details", {}, el("summary", {}, say("model")), el("div", { html: key.model_answer })) : null);
}
