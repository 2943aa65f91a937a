// No more letters of a kind, by the link at the end of one.

import { call } from "./api.js";
import { el, show } from "./dom.js";

const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
history.replaceState(null, "", location.pathname);
// Another link in the same tab changes no more than that part of the address.
addEventListener("hashchange", () => location.reload());

// On a button, not on opening: programs that look into mail open every link.
const wrong = el("p", { class: "error", role: "alert" });
async function leave() {
  try {
    const { detail } = await call("POST", `notifications/unsubscribe/?token=${encodeURIComponent(token)}`);
    show(el("div", { class: "card" }, el("h1", {}, "Done"), el("p", { role: "status" }, detail)));
  } catch (problem) {
    wrong.textContent = problem.message;
  }
}

show(el("div", { class: "card" }, el("h1", {}, "Letters about results"),
  el("p", {}, "Your results stay on these pages. Letters about your account itself still come."), wrong,
  el("button", { onclick: leave }, "No more letters about results")));
