// Speaks HTTP with the center's API: tokens, renewal, problem documents, tickets.

const STORE = "shiken.session";

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || "Something went wrong.");
    this.status = status;
    this.code = body.code || "";
    this.errors = body.errors || [];
  }
}

export const session = {
  get() {
    try { return JSON.parse(localStorage.getItem(STORE)); } catch { return null; }
  },
  set(value) {
    if (value) localStorage.setItem(STORE, JSON.stringify(value));
    else localStorage.removeItem(STORE);
  },
};

let renewing = null;

async function renew() {
  const known = session.get();
  if (!known) throw new Problem(401, { detail: "Sign in to go on." });
  const response = await raw("POST", "auth/refresh/", { refresh: known.refresh });
  if (!response.ok) {
    // Another tab may have been faster; only what this tab still holds is dropped.
    if (response.status === 401 && session.get()?.refresh === known.refresh) session.set(null);
    throw new Problem(response.status, await body(response));
  }
  session.set({ ...known, ...(await response.json()) });
}

function raw(method, path, data, options = {}) {
  const headers = { Accept: "application/json" };
  const access = session.get()?.access;
  if (access) headers.Authorization = `Bearer ${access}`;
  if (data !== undefined) headers["Content-Type"] = "application/json";
  const payload = data === undefined ? undefined : JSON.stringify(data);
  return fetch(`/api/v1/${path}`, { method, headers, body: payload, ...options });
}

async function body(response) {
  try { return await response.json(); } catch { return {}; }
}

// The answer itself, for whom its status matters; refusals are thrown.
export async function ask(method, path, data, options) {
  let response = await raw(method, path, data, options);
  if (response.status === 401 && session.get() && !path.startsWith("auth/login")) {
    renewing ||= renew().finally(() => { renewing = null; });
    await renewing;
    response = await raw(method, path, data, options);
  }
  if (!response.ok) throw new Problem(response.status, await body(response));
  return response;
}

export async function call(method, path, data, options) {
  const response = await ask(method, path, data, options);
  return response.status === 204 ? null : response.json();
}

export async function signIn(email, password) {
  session.set(null);
  session.set(await call("POST", "auth/login/", { email, password }));
}

export async function signOut() {
  try { await call("POST", "auth/logout/", {}); } finally { session.set(null); }
}

export async function ticket(purpose) {
  return (await call("POST", "auth/ws-ticket/", { purpose })).ticket;
}
