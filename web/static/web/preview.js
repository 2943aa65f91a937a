// A test as its takers will see it, for its author. Nothing begins, and what is tried here goes nowhere.

import { call } from "./api.js";
import { data, el, show } from "./dom.js";
import { questionGroup } from "./paper.js";
import { start } from "./who.js";

const asked = { seed: 1, shuffle_questions: false, shuffle_options: false };

start(preview);

async function preview() {
  const query = new URLSearchParams(Object.entries(asked).map(([name, value]) => [name, String(value)]));
  const paper = await call("GET", `mock-tests/${data.test}/preview/?${query}`);
  const given = {};
  const give = (question, response) => { given[question] = response; };
  const sheet = el("div", { class: "paper" });
  const tabs = el("nav", { class: "tabs", "aria-label": "Sections" },
    ...paper.sections.map((section, index) => el("button", { onclick: () => turnTo(index) }, section.name)));
  show(el("h1", {}, paper.title), el("p", { class: "note" }, "This is how takers will see the test. Nothing is kept."), choices(), tabs, sheet);
  turnTo(0);

  function turnTo(index) {
    const section = paper.sections[index];
    [...tabs.children].forEach((tab, at) => tab.setAttribute("aria-current", at === index ? "true" : "false"));
    const groups = section ? section.question_groups.map((group) => questionGroup(group, { given, give })) : [];
    sheet.replaceChildren(section ? el("p", { class: "quiet" }, `${section.duration} minutes`) : el("p", {}, "The test has no sections yet."), ...groups);
  }
}

function choices() {
  const seed = el("input", { type: "number", min: 0, max: 2147483647, value: asked.seed, id: "seed" });
  seed.addEventListener("change", () => again({ seed: Math.max(0, Math.trunc(Number(seed.value)) || 0) }));
  return el("form", { class: "choices", onsubmit: (event) => event.preventDefault() },
    el("label", { for: "seed" }, "Seat "), seed,
    tick("shuffle_questions", "Shuffle questions"), tick("shuffle_options", "Shuffle options"),
    el("button", { type: "button", class: "plain", onclick: () => again({ seed: asked.seed + 1 }) }, "Another seat"));
}

function tick(name, label) {
  const box = el("input", { type: "checkbox", checked: asked[name] });
  box.addEventListener("change", () => again({ [name]: box.checked }));
  return el("label", {}, box, ` ${label}`);
}

function again(changes) {
  Object.assign(asked, changes);
  return preview();
}
