// Speaks HTTP with a center's API: bearer tokens, their renewal, problem documents, socket tickets.

const PATIENCE_MS = 20000;

// A refusal (``status`` and ``code`` of the problem document), or no answer at all (``status`` 0).
export class Problem extends Error {
  constructor(status, body = {}, retryAfter = 0) {
    super(body.detail || (status ? "Something went wrong." : "No connection."));
    this.status = status;
    this.code = body.code || "";
    this.errors = body.errors || [];
    this.details = body.details || {};
    this.refused = body.details?.refused || [];
    this.retryAfter = retryAfter;
  }
}

// ``session`` keeps the tokens: ``get()`` gives ``{access, refresh}`` or null, ``set(value)`` remembers or forgets them.
export class Http {
  constructor({ session, base = "", fetch = globalThis.fetch.bind(globalThis) }) {
    this.session = session;
    this.base = `${base}/api/v1/`;
    this.fetch = fetch;
    this.renewing = null;
  }

  // The response itself, for whom its status matters. An access token that has ended is renewed on the way.
  async ask(method, path, data, options) {
    const used = this.session.get()?.access;
    let response = await this.send(method, path, data, options);
    if (response.status === 401 && this.session.get() && !path.startsWith("auth/login")) {
      if (this.session.get().access === used) {
        this.renewing ||= this.renew().finally(() => { this.renewing = null; });
        await this.renewing;
      }
      response = await this.send(method, path, data, options);
    }
    if (!response.ok) throw await refusal(response);
    return response;
  }

  async call(method, path, data, options) {
    const response = await this.ask(method, path, data, options);
    return response.status === 204 ? null : response.json();
  }

  async ticket(purpose) {
    return (await this.call("POST", "auth/ws-ticket/", { purpose })).ticket;
  }

  async renew() {
    const known = this.session.get();
    if (!known?.refresh) {
      // Somebody who acts for a while has nothing to renew it with.
      this.session.set(null);
      throw new Problem(401, { detail: "Sign in to go on." });
    }
    const response = await this.send("POST", "auth/refresh/", { refresh: known.refresh });
    if (!response.ok) {
      // Another tab may have been faster; only what this tab still holds is dropped.
      if (response.status === 401 && this.session.get()?.refresh === known.refresh) this.session.set(null);
      throw await refusal(response);
    }
    this.session.set({ ...known, ...(await response.json()) });
  }

  async send(method, path, data, options = {}) {
    const headers = { Accept: "application/json" };
    const access = this.session.get()?.access;
    if (access) headers.Authorization = `Bearer ${access}`;
    if (data !== undefined) headers["Content-Type"] = "application/json";
    const body = data === undefined ? undefined : JSON.stringify(data);
    try {
      return await this.fetch(this.base + path, { method, headers, body, signal: AbortSignal.timeout(PATIENCE_MS), ...options });
    } catch (error) {
      throw Object.assign(new Problem(0), { cause: error });
    }
  }
}

async function refusal(response) {
  let body = {};
  try { body = await response.json(); } catch { /* a proxy's own page */ }
  return new Problem(response.status, body, Number(response.headers.get("Retry-After")) || 0);
}
