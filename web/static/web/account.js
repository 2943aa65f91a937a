// Where the links in letters lead: making an account, confirming an address, choosing a password.

import { call } from "./api.js";
import { data, el, main, show } from "./dom.js";
import { busy, field } from "./signing.js";
import { language, languages, t } from "./words.js";

// Behind the #, so that no server saw it; gone from the address bar before anything else loads it.
const given = new URLSearchParams(location.hash.slice(1));
history.replaceState(null, "", location.pathname);
// Another link in the same tab changes no more than that part of the address.
addEventListener("hashchange", () => location.reload());
const link = { uid: given.get("uid"), token: given.get("token") };

const EMAIL = { name: "email", type: "email", autocomplete: "username", required: true, maxlength: 254 };
const PASSWORD = { type: "password", autocomplete: "new-password", minlength: 8, maxlength: 200, required: true };

// Words are asked for by name, so that the page can be drawn anew in another language with what was typed.
function form({ title, button, fields, send, done }) {
  const wrong = el("p", { class: "error", role: "alert" });
  const submit = async (event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.target));
    await busy(event.target, wrong, async () => {
      await send(values);
      over(title, done);
    });
  };
  const again = () => {
    const typed = [...main.querySelectorAll("input")].map((input) => [input.name, input.value]);
    draw();
    for (const [name, value] of typed) main.querySelector(`[name=${name}]`).value = value;
  };
  show(el("form", { class: "sign-in", onsubmit: submit },
    el("h1", {}, title()), ...fields(), wrong, el("button", {}, t(button)), languages(el, again)));
}

function over(title, done) {
  show(el("div", { class: "card" }, el("h1", {}, title()), el("p", { role: "status" }, t(done)),
    el("p", {}, el("a", { class: "button", href: data.home }, t("signIn"))),
    languages(el, () => over(title, done))));
}

const pages = {
  join: () => form({
    title: () => t("joinTitle", main.dataset.center), button: "join", done: "letterSent",
    fields: () => [
      field(t("invitationCode"), { name: "invitation_code", value: given.get("code"), autocomplete: "off", maxlength: 20 }),
      field(t("firstName"), { name: "first_name", autocomplete: "given-name", maxlength: 80 }),
      field(t("lastName"), { name: "last_name", autocomplete: "family-name", maxlength: 80 }),
      field(t("email"), EMAIL),
      field(t("password"), { name: "password", ...PASSWORD }),
    ],
    send: (body) => call("POST", "auth/register/", { ...body, locale: language() }),
  }),
  // On a button, not on opening: programs that look into mail open every link.
  verify: () => form({
    title: () => t("confirmTitle"), button: "itIsMine", done: "confirmed", fields: () => [],
    send: () => call("POST", "auth/verify/", link),
  }),
  reset: () => (link.token ? form({
    title: () => t("resetTitle"), button: "setIt", done: "passwordSet",
    fields: () => [field(t("newPassword"), { name: "new_password", ...PASSWORD })],
    send: (body) => call("POST", "auth/password/reset/confirm/", { ...link, ...body }),
  }) : form({
    title: () => t("resetTitle"), button: "sendLink", done: "linkSent",
    fields: () => [field(t("email"), EMAIL)],
    send: (body) => call("POST", "auth/password/reset/", body),
  })),
};

const draw = pages[data.page];
draw();
