// No more letters of a kind, by the link at the end of one.

import { call } from "./api.js";
import { el, show } from "./dom.js";
import { s } from "./security_words.js";
import { languages } from "./words.js";

const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
history.replaceState(null, "", location.pathname);
// Another link in the same tab changes no more than that part of the address.
addEventListener("hashchange", () => location.reload());

// On a button, not on opening: programs that look into mail open every link.
async function leave(wrong) {
  try {
    await call("POST", `notifications/unsubscribe/?token=${encodeURIComponent(token)}`);
    done();
  } catch (problem) {
    wrong.textContent = problem.status === 404 ? s("badLink") : problem.message;
  }
}

function done() {
  show(el("div", { class: "card" }, el("h1", {}, s("done")), el("p", { role: "status" }, s("noMoreDone")), languages(el, done, ["en", "ja"])));
}

function draw() {
  const wrong = el("p", { class: "error", role: "alert" });
  show(el("div", { class: "card" }, el("h1", {}, s("letters")), el("p", {}, s("lettersHelp")), wrong,
    el("button", { onclick: () => leave(wrong) }, s("noMore")), languages(el, draw, ["en", "ja"])));
}

draw();
