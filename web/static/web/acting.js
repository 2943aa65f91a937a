// An owner of the platform who works in an admin's place: every page says so, and how to end it.

import { call, session } from "./api.js";
import { el } from "./dom.js";

export const isActing = () => Boolean(session.get()?.acting);

export function banner() {
  document.getElementById("acting")?.remove();
  const acting = session.get()?.acting;
  if (!acting) return;
  const left = el("span", {});
  const tell = () => {
    const minutes = Math.ceil((new Date(acting.ends_at) - Date.now()) / 60000);
    if (minutes <= 0) leave();
    left.textContent = minutes === 1 ? "One minute is left." : `${minutes} minutes are left.`;
  };
  const end = el("button", { class: "plain", onclick: async () => {
    try { await call("POST", `acting/${acting.id}/end/`, {}); } finally { leave(); }
  } }, "End");
  document.body.prepend(el("div", { id: "acting", class: "acting", role: "alert" },
    el("p", {}, el("b", {}, `${acting.owner_name} of the platform`), ` acts in the place of ${acting.admin_name}. `,
      "Everything is written down for the center. ", left),
    el("p", { class: "quiet" }, `Reason: ${acting.reason}`), end));
  tell();
  setInterval(tell, 10000);
}

function leave() {
  session.set(null);
  location.href = "/";
}
