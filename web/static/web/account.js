// Where the links in letters lead: making an account, confirming an address, choosing a password.

import { call } from "./api.js";
import { data, el, main, show } from "./dom.js";

// Behind the #, so that no server saw it; gone from the address bar before anything else loads it.
const given = new URLSearchParams(location.hash.slice(1));
history.replaceState(null, "", location.pathname);
const link = { uid: given.get("uid"), token: given.get("token") };

const EMAIL = { name: "email", type: "email", autocomplete: "username", required: true };
const PASSWORD = { type: "password", autocomplete: "new-password", minlength: 8, required: true };
const field = (text, attributes) => el("label", { class: "field" }, text, el("input", attributes));

function form(title, button, fields, send) {
  const wrong = el("p", { class: "error", role: "alert" });
  const submit = async (event) => {
    event.preventDefault();
    try {
      done(title, (await send(Object.fromEntries(new FormData(event.target)))).detail);
    } catch (problem) {
      wrong.textContent = problem.errors?.length ? problem.errors.map((one) => one.detail).join(" ") : problem.message;
    }
  };
  show(el("form", { class: "sign-in", onsubmit: submit }, el("h1", {}, title), ...fields, wrong, el("button", {}, button)));
}

function done(title, detail) {
  show(el("div", { class: "card" }, el("h1", {}, title), el("p", { role: "status" }, detail),
    el("p", {}, el("a", { class: "button", href: data.home }, "Sign in"))));
}

const pages = {
  join() {
    form(`Join ${main.dataset.center}`, "Make an account", [
      field("Invitation code", { name: "invitation_code", value: given.get("code"), autocomplete: "off", maxlength: 20 }),
      field("First name", { name: "first_name", autocomplete: "given-name", maxlength: 80 }),
      field("Last name", { name: "last_name", autocomplete: "family-name", maxlength: 80 }),
      field("E-mail", EMAIL),
      field("Password", { name: "password", ...PASSWORD }),
    ], (body) => call("POST", "auth/register/", body));
  },
  verify() {
    // On a button, not on opening: programs that look into mail open every link.
    form("Confirm your address", "It is mine", [], () => call("POST", "auth/verify/", link));
  },
  reset() {
    if (!link.token) {
      form("A new password", "Send me a link", [field("E-mail", EMAIL)], (body) => call("POST", "auth/password/reset/", body));
      return;
    }
    form("A new password", "Set it", [field("New password", { name: "new_password", ...PASSWORD })],
      (body) => call("POST", "auth/password/reset/confirm/", { ...link, ...body }));
  },
};

pages[data.page]();
