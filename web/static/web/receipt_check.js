// Whether a receipt is genuine: for anybody who holds it. The answer is yes or no.

import { call } from "./api.js";
import { el, show } from "./dom.js";
import { h } from "./homework_words.js";
import { languages } from "./words.js";

// Behind the #, so that no server saw it.
const given = new URLSearchParams(location.hash.slice(1));
addEventListener("hashchange", () => location.reload());

function draw(known) {
  const answer = el("p", { role: "status" });
  const input = (name, attributes) => el("input", { name, required: true, autocomplete: "off", spellcheck: "false", value: known[name], ...attributes });
  const ask = async (event) => {
    event.preventDefault();
    answer.textContent = "";
    const body = Object.fromEntries(new FormData(event.target));
    try {
      const { valid: isGenuine } = await call("POST", "receipts/check/", body);
      answer.className = isGenuine ? "good" : "error";
      answer.textContent = h(isGenuine ? "yes" : "no");
    } catch (problem) {
      answer.className = "error";
      answer.textContent = problem.errors?.length ? h("no") : problem.message;
    }
  };
  const form = el("form", { class: "card sheet receipt", onsubmit: ask },
    el("h1", {}, h("checkReceipt")), el("p", {}, h("checkHelp")),
    el("label", { class: "field" }, h("attempt"), input("attempt", { maxlength: 36 })),
    el("label", { class: "field" }, h("number"), input("receipt", { maxlength: 64 })),
    answer, el("button", {}, h("ask")),
    languages(el, () => draw(Object.fromEntries(new FormData(form))), ["en", "ja"]));
  show(form);
}

draw({ attempt: given.get("attempt") ?? "", receipt: given.get("receipt") ?? "" });
