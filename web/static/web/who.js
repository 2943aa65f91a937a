// Who is signed in, and notices as they arrive.

import { Socket } from "../exam/socket.js";
import { banner, isActing } from "./acting.js";
import { call, http, session, signOut } from "./api.js";
import { data, el, show } from "./dom.js";
import { askToSignIn } from "./signing.js";
import { t } from "./words.js";

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
    if (!me) return await askToSignIn((answer) => (answer.must_set_up_second_factor ? location.assign("/security/") : start(page)));
    greet(me);
    banner();
    if (!isActing() && !data.main) listen();
    return await page(me);
  } catch (problem) {
    if (problem.code === "second_factor_needed" && location.pathname !== "/security/") return location.assign("/security/");
    return show(el("h1", {}, t("didNotWork")), el("p", { class: "error" }, problem.message),
      el("p", {}, el("a", { href: "/" }, t("toRooms"))));
  }
}

function greet(me) {
  const leave = el("button", { class: "plain", onclick: async () => { await signOut(); location.href = "/"; } }, t("signOut"));
  const admin = me.role === "CENTER_ADMIN" && !isActing() ? el("a", { href: "/admin/" }, t("admin")) : null;
  document.getElementById("who").replaceChildren(
    ...[admin, isActing() ? null : el("a", { href: "/security/" }, t("security")), el("span", { class: "quiet" }, me.full_name || me.email), leave].filter(Boolean));
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
