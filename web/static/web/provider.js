// Where an identity provider sends the browser back: what it says is handed on once, and is gone from the address.

import { call, session } from "./api.js";
import { el, show } from "./dom.js";
import { opened, recall } from "./signing.js";
import { t, told } from "./words.js";

const given = new URLSearchParams(location.search);
history.replaceState(null, "", location.pathname);
const journey = recall();

show(el("p", { class: "quiet", role: "status" }, t("oneMoment")));
try {
  if (given.has("error") || !given.get("code")) throw { code: "provider_refused" };
  const back = { state: given.get("state") || "", code: given.get("code"), iss: given.get("iss") || "" };
  if (journey.connect) {
    await call("POST", "auth/identities/finish/", back);
    location.replace("/security/");
  } else {
    session.set(null);
    const leave = (answer) => location.replace(answer.must_set_up_second_factor ? "/security/" : journey.next || "/");
    opened(await call("POST", "auth/sso/finish/", back), leave, () => location.replace("/sign-in/"));
  }
} catch (problem) {
  const place = journey.connect ? "/security/" : "/sign-in/";
  show(el("div", { class: "card sheet" }, el("h1", {}, t("didNotWork")), el("p", { class: "error", role: "alert" }, told(problem)),
    el("p", {}, el("a", { class: "button", href: place }, t("back")))));
}
