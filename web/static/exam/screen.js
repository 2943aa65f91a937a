// What the screen notices while somebody sits, as advice for staff: the window that is left and come back to, the network
// that goes. ``note(kind, details)`` hears it; the function that is given back stops it.

const SHORTEST_MS = 500;

export function watchScreen(note, { window = globalThis.window, document = globalThis.document, now = () => performance.now() } = {}) {
  if (!window?.addEventListener || !document) return () => {};
  const left = { blur: null, hidden: null, offline: null };
  const leave = (kind) => { left[kind] ??= now(); if (kind !== "offline") note(kind); };
  const back = (kind, name) => {
    if (left[kind] === null) return;
    const gone = now() - left[kind];
    left[kind] = null;
    if (gone >= SHORTEST_MS) note(name, { after_seconds: (gone / 1000).toFixed(1) });
  };
  const ears = [
    [window, "blur", () => leave("blur")],
    [window, "focus", () => back("blur", "focus")],
    [window, "offline", () => leave("offline")],
    [window, "online", () => back("offline", "online")],
    [document, "visibilitychange", () => (document.visibilityState === "hidden" ? leave("hidden") : back("hidden", "visible"))],
  ];
  ears.forEach(([target, name, ear]) => target.addEventListener(name, ear));
  return () => ears.forEach(([target, name, ear]) => target.removeEventListener(name, ear));
}
