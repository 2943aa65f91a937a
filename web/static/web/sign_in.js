// The sign-in page: where it leads is a path of this host, and nothing else.

import { person } from "./who.js";
import { data } from "./dom.js";
import { askToSignIn } from "./signing.js";

const asked = new URLSearchParams(location.search).get("next") || "";
const inside = /^\/(?![/\\])/.test(asked) && new URL(asked, location.origin).origin === location.origin;
const next = inside ? asked : data.home;

const leave = (answer) => location.replace(answer?.must_set_up_second_factor ? "/security/" : next);

if (await person().catch(() => null)) leave();
else askToSignIn(leave);
