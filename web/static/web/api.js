// The center's API as these pages use it: one session for all tabs of the browser.

import { Http } from "../exam/http.js";

export { Problem } from "../exam/http.js";

const STORE = "shiken.session";

export const session = {
  get() {
    try { return JSON.parse(localStorage.getItem(STORE)); } catch { return null; }
  },
  set(value) {
    if (value) localStorage.setItem(STORE, JSON.stringify(value));
    else localStorage.removeItem(STORE);
  },
};

export const http = new Http({ session });
export const ask = http.ask.bind(http);
export const call = http.call.bind(http);

export async function signOut() {
  try { await call("POST", "auth/logout/", {}); } finally { session.set(null); }
}
