// Who is signed in, the sign-in form, and notices as they arrive.

import { Socket } from "../exam/socket.js";
import { banner, isActing } from "./acting.js";
import { call, http, session, signIn, signOut } from "./api.js";
import { el, main, show } from "./dom.js";

export async function person() {
  if (!session.get()) return null;
  try {
    return await call("GET", "auth/me/");
  } catch (problem) {
    if (problem.status === 401) return null;
    throw problem;
  }
}

export async function start(page) {
  try {
    const me = await person();
    if (!me) return askToSignIn(() => start(page));
    greet(me);
    banner();
    if (!isActing()) listen();
    return await page(me);
  } catch (problem) {
    return show(el("h1", {}, "That did not work"), el("p", { class: "error" }, problem.message),
      el("p", {}, el("a", { href: "/" }, "Back to the exam rooms")));
  }
}

function greet(me) {
  const leave = el("button", { class: "plain", onclick: async () => { await signOut(); location.href = "/"; } }, "Sign out");
  const admin = me.role === "CENTER_ADMIN" && !isActing() ? el("a", { href: "/admin/" }, "Admin") : null;
  document.getElementById("who").replaceChildren(
    ...[admin, el("span", { class: "quiet" }, me.full_name || me.email), leave].filter(Boolean));
}

function askToSignIn(done) {
  const wrong = el("p", { class: "error", role: "alert" });
  const submit = async (event) => {
    event.preventDefault();
    const given = new FormData(event.target);
    try {
      await signIn(given.get("email"), given.get("password"));
      done();
    } catch (problem) {
      wrong.textContent = problem.message;
    }
  };
  const host = location.hostname.split(".")[0];
  const hint = main.hasAttribute("data-demo")
    ? el("p", { class: "note" }, "Demo: ", el("code", {}, `student01@${host}.test`), " or ",
      el("code", {}, `teacher@${host}.test`), ", password ", el("code", {}, "shiken-demo"))
    : null;
  show(el("form", { class: "sign-in", onsubmit: submit },
    el("h1", {}, main.dataset.center),
    el("label", { class: "field" }, "E-mail", el("input", { name: "email", type: "email", autocomplete: "username", required: true, autofocus: true })),
    el("label", { class: "field" }, "Password", el("input", { name: "password", type: "password", autocomplete: "current-password", required: true })),
    wrong, el("button", {}, "Sign in"),
    el("p", { class: "quiet" }, el("a", { href: "/reset/" }, "Forgotten your password?"), " · ", el("a", { href: "/join/" }, "Make an account"))), hint);
}

function listen() {
  const box = document.getElementById("notices");
  new Socket("/ws/notifications/", "notifications", {
    http,
    message(news) {
      if (news.type !== "notification" || !news.message) return;
      const note = el("p", {}, news.message);
      box.append(note);
      setTimeout(() => note.remove(), 9000);
    },
  });
}
