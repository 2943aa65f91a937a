// Second factor, accounts at providers, and devices of the signed-in person.

import { call, session } from "./api.js";
import { confirmed, data, el, show, when } from "./dom.js";
import { field, remember } from "./signing.js";
import { s } from "./security_words.js";
import { languages, told } from "./words.js";
import { start } from "./who.js";

start(security);

async function security() {
  const factor = await call("GET", "auth/second-factor/");
  const isHeldBack = factor.is_demanded && !factor.is_on;
  const hasProviders = !data.main && !isHeldBack;
  const [devices, identities, providers] = await Promise.all([
    call("GET", "auth/sessions/?page_size=50"),
    hasProviders ? call("GET", "auth/identities/?page_size=50") : { results: [] },
    hasProviders ? call("GET", "auth/sso/providers/") : [],
  ]);
  show(el("h1", {}, s("title")),
    isHeldBack ? el("p", { class: "note", role: "status" }, s("demanded")) : null,
    el("section", { class: "card sheet" }, ...secondFactor(factor)),
    providers.length || identities.results.length ? el("section", { class: "card sheet" }, ...accounts(identities.results, providers, factor)) : null,
    el("section", { class: "card sheet" }, ...sessions(devices)),
    languages(el, security, ["en", "ja"]));
}

// -- second factor ---------------------------------------------------------------------------------------------------

const PASSWORD = { name: "password", type: "password", autocomplete: "current-password", maxlength: 200 };
const CODE = { name: "code", autocomplete: "one-time-code", inputmode: "text", maxlength: 40, required: true, class: "code" };

// Who came by a provider has none, and is not asked for it.
const password = (factor) => (factor.has_password ? [field(s("password"), PASSWORD)] : []);

const badge = (isOn) => el("span", { class: `badge ${isOn ? "open" : ""}` }, s(isOn ? "on" : "off"));

function secondFactor(factor) {
  const title = el("h2", {}, `${s("factor")} `, badge(factor.is_on));
  if (!factor.is_on) {
    return [title, el("p", {}, s("why")),
      form(s("setUp"), password(factor), async (given, place) => {
        place.replaceWith(setUp(await call("POST", "auth/second-factor/", given)));
      })];
  }
  const proof = () => [...password(factor), field(s("proof"), CODE)];
  return [title,
    el("p", {}, s("since", when(factor.confirmed_at)), el("b", {}, s("codesLeft", factor.recovery_codes_left))),
    el("details", {}, el("summary", {}, s("newCodes")), form(s("makeCodes"), proof(), async (given, place) => {
      place.replaceWith(...codes((await call("POST", "auth/second-factor/recovery-codes/", given)).recovery_codes));
    })),
    factor.is_demanded ? el("p", { class: "quiet" }, s("staysOn"))
      : el("details", {}, el("summary", {}, s("turnOff")), form(s("turnOff"), proof(), async (given) => {
        await call("POST", "auth/second-factor/disable/", given);
        await security();
      }))];
}

function setUp(made) {
  const picture = el("img", { class: "qr", alt: s("qr"),
    src: `data:image/svg+xml,${encodeURIComponent(made.qr_svg)}` });
  const all = el("div", {}, el("p", {}, s("scan")), picture,
    el("p", { class: "quiet" }, s("noCamera"), el("code", { class: "secret" }, made.secret.match(/.{4}/g).join(" "))),
    form(s("turnOn"), [field(s("sixDigits"), { ...CODE, inputmode: "numeric" })], async (given) => {
      const { recovery_codes: kept } = await call("POST", "auth/second-factor/confirm/", given);
      all.parentElement.querySelector(".badge").replaceWith(badge(true));
      all.replaceWith(...codes(kept));
    }));
  return all;
}

function codes(made) {
  return [el("p", { role: "status" }, el("b", {}, s("keep")), s("keepHelp")),
    el("ul", { class: "codes" }, ...made.map((code) => el("li", {}, el("code", {}, code)))),
    el("p", { class: "actions" },
      el("button", { class: "plain", onclick: () => navigator.clipboard?.writeText(made.join("\n")) }, s("copy")),
      el("button", { onclick: security }, s("kept")))];
}

// -- accounts at providers -------------------------------------------------------------------------------------------

function accounts(identities, providers, factor) {
  const wrong = el("p", { class: "error", role: "alert" });
  const rows = identities.map((one) => el("li", {}, el("span", {}, el("b", {}, one.name), ` ${one.email}`),
    el("button", { class: "plain", onclick: async () => {
      if (!await confirmed(s("disconnectAsk"), s("disconnectHelp", one.name), s("disconnect"), s("cancel"))) return;
      try {
        await call("DELETE", `auth/identities/${one.id}/`);
        await security();
      } catch (problem) { wrong.textContent = told(problem); }
    } }, s("disconnect"))));
  const connect = providers.map((one) => el("details", {}, el("summary", {}, s("connect", one.name)),
    form(s("goTo", one.name), password(factor), async (given) => {
      remember({ connect: true });
      location.href = (await call("POST", "auth/identities/", { provider: one.slug, ...given })).authorization_url;
    })));
  return [el("h2", {}, s("others")), rows.length ? el("ul", { class: "rows" }, ...rows) : null, wrong, ...connect].filter(Boolean);
}

// -- devices ---------------------------------------------------------------------------------------------------------

function sessions(devices) {
  const wrong = el("p", { class: "error", role: "alert" });
  const end = (path, after) => async () => {
    try {
      await call("DELETE", path);
      await after();
    } catch (problem) { wrong.textContent = told(problem); }
  };
  const rows = devices.results.map((one) => el("li", {},
    el("span", {}, el("b", { title: one.agent }, one.device), one.is_current ? el("span", { class: "badge open" }, s("thisOne")) : null,
      el("br"), el("span", { class: "quiet" }, [one.address, s("lastUsed", when(one.last_used_at))].filter(Boolean).join(" · "))),
    one.is_current ? null : el("button", { class: "plain", onclick: end(`auth/sessions/${one.id}/`, security) }, s("signOut"))));
  const everywhere = async () => {
    if (!await confirmed(s("signOutAsk"), s("signOutHelp"), s("signOut"), s("cancel"))) return;
    await call("POST", "auth/logout/", { everywhere: true });
    session.set(null);
    location.href = "/sign-in/";
  };
  return [el("h2", {}, s("devices")), el("ul", { class: "rows" }, ...rows), wrong,
    el("p", { class: "actions" },
      devices.count > 1 ? el("button", { class: "plain", onclick: end("auth/sessions/", security) }, s("signOutOthers")) : null,
      el("button", { class: "plain", onclick: everywhere }, s("signOutAll")))];
}

// -- forms -----------------------------------------------------------------------------------------------------------

function form(button, fields, send) {
  const wrong = el("p", { class: "error", role: "alert" });
  return el("form", { onsubmit: async (event) => {
    event.preventDefault();
    wrong.textContent = "";
    try {
      await send(Object.fromEntries(new FormData(event.target)), event.target);
    } catch (problem) {
      wrong.textContent = told(problem);
    }
  } }, ...fields, wrong, el("button", {}, button));
}
