// The forms of signing in: password, provider, code. They end with an open session.

import { call, session } from "./api.js";
import { data, el, main, show } from "./dom.js";
import { languages, t, told } from "./words.js";

// What an answer leads to: the session, or the question for a code.
export function opened(answer, done, again) {
  if (answer.second_factor_required) return askForCode(answer.challenge, done, again);
  session.set(answer);
  return done(answer);
}

export async function askToSignIn(done) {
  const again = () => askToSignIn(done);
  const wrong = el("p", { class: "error", role: "alert" });
  const submit = async (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(event.target));
    await busy(event.target, wrong, async () => {
      session.set(null);
      opened(await call("POST", "auth/login/", given), done, again);
    });
  };
  const buttons = el("div", { class: "providers" });
  show(el("form", { class: "sign-in", onsubmit: submit },
    el("h1", {}, main.dataset.center),
    field(t("email"), { name: "email", type: "email", autocomplete: "username", required: true, autofocus: true, maxlength: 254 }),
    field(t("password"), { name: "password", type: "password", autocomplete: "current-password", required: true, maxlength: 200 }),
    wrong, el("button", {}, t("signIn")), buttons,
    el("p", { class: "quiet" }, el("a", { href: "/reset/" }, t("forgotten")),
      ...(data.main ? [] : [" · ", el("a", { href: "/join/" }, t("join"))])),
    languages(el, again)), hint());
  if (data.main) return;
  try {
    const providers = await call("GET", "auth/sso/providers/");
    if (providers.length) buttons.append(el("p", { class: "or" }, t("or")), ...providers.map((one) => providerButton(one, wrong)));
  } catch { /* the password still works */ }
}

function providerButton(provider, wrong) {
  return el("button", { class: "plain wide", type: "button", onclick: (event) => busy(event.target, wrong, async () => {
    remember({});
    location.href = (await call("POST", "auth/sso/begin/", { provider: provider.slug })).authorization_url;
  }) }, t("withProvider", provider.name));
}

// What the way back has to know; it is of this tab alone.
const STORE = "shiken.journey";
export const remember = (journey) => sessionStorage.setItem(STORE, JSON.stringify({ next: location.pathname + location.search, ...journey }));
export function recall() {
  const journey = JSON.parse(sessionStorage.getItem(STORE) || "{}");
  sessionStorage.removeItem(STORE);
  return journey;
}

function askForCode(challenge, done, again, isRecovery = false) {
  const wrong = el("p", { class: "error", role: "alert" });
  const submit = async (event) => {
    event.preventDefault();
    const code = new FormData(event.target).get("code");
    await busy(event.target, wrong, async () => {
      try {
        opened(await call("POST", "auth/login/second-factor/", { challenge, code }), done, again);
      } catch (problem) {
        event.target.reset();
        throw problem;
      }
    });
  };
  const other = () => askForCode(challenge, done, again, !isRecovery);
  const input = isRecovery
    ? { name: "code", autocomplete: "off", spellcheck: "false", maxlength: 40, required: true, autofocus: true, class: "code" }
    : { name: "code", autocomplete: "one-time-code", inputmode: "numeric", maxlength: 9, required: true, autofocus: true, class: "code" };
  show(el("form", { class: "sign-in", onsubmit: submit },
    el("h1", {}, t("codeTitle")), el("p", {}, t(isRecovery ? "recoveryHelp" : "codeHelp")),
    field(t(isRecovery ? "recoveryCode" : "code"), input), wrong, el("button", {}, t("goOn")),
    el("p", { class: "quiet" }, el("button", { class: "link", type: "button", onclick: other }, t(isRecovery ? "useApp" : "useRecovery")),
      " · ", el("button", { class: "link", type: "button", onclick: again }, t("back"))),
    languages(el, () => askForCode(challenge, done, again, isRecovery))));
  main.querySelector("input").focus();
}

export async function busy(form, wrong, work) {
  const buttons = form.matches("button") ? [form] : [...form.querySelectorAll("button")];
  wrong.textContent = "";
  buttons.forEach((button) => { button.disabled = true; });
  try {
    await work();
  } catch (problem) {
    wrong.textContent = told(problem);
  } finally {
    buttons.forEach((button) => { button.disabled = false; });
  }
}

export const field = (text, attributes) => el("label", { class: "field" }, text, el("input", attributes));

function hint() {
  if (!main.hasAttribute("data-demo") || data.main) return null;
  const host = location.hostname.split(".")[0];
  return el("p", { class: "note" }, "Demo: ", el("code", {}, `student01@${host}.test`), " or ",
    el("code", {}, `teacher@${host}.test`), ", password ", el("code", {}, "shiken-demo"));
}
