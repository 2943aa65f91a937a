// Where the link of an owner leads who acts in an admin's place. It works once, so a person has to press the button.

import { call, session } from "./api.js";
import { el, main, show } from "./dom.js";

const code = new URLSearchParams(location.hash.slice(1)).get("code");
history.replaceState(null, "", location.pathname);
// Another link in the same tab changes no more than that part of the address.
addEventListener("hashchange", () => location.reload());

const wrong = el("p", { class: "error", role: "alert" });

async function begin(event) {
  event.preventDefault();
  if (!code) {
    wrong.textContent = "This link is not complete, or was opened before. Ask for a new one.";
    return;
  }
  session.set(null);
  try {
    session.set(await call("POST", "auth/act/", { code }));
    location.href = "/";
  } catch (problem) {
    wrong.textContent = problem.message;
  }
}

show(el("form", { class: "sign-in", onsubmit: begin },
  el("h1", {}, `Act in ${main.dataset.center}`),
  el("p", {}, "You are about to work in this center in the place of one of its admins. Its admins are told now, can end it, and see everything that you do under your name."),
  wrong, el("button", {}, "Begin")));
