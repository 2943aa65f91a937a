// The fields of a form together: what of them has changed, and what is refused put at the field it is about. ``aliases`` are
// other names of fields in refusals, ``locked`` is said of those that cannot be changed any more.
export function together(fields, { isNew, aliases, wrong, locked }) {
  const before = Object.fromEntries(Object.entries(fields).map(([name, one]) => [name, JSON.stringify(one.read())]));
  return {
    clear() {
      wrong.textContent = "";
      Object.values(fields).forEach((one) => one.fault(""));
    },

    // Nothing, where nothing has changed.
    changes() {
      const body = {};
      for (const [name, one] of Object.entries(fields)) {
        const value = one.box.hidden ? one.blank : one.read();
        if (value === undefined) continue;
        if (isNew || JSON.stringify(value) !== before[name]) body[name] = value;
      }
      return isNew || Object.keys(body).length ? body : null;
    },

    refuse(problem) {
      const rest = [];
      const fixed = locked && problem.details?.fields || [];
      for (const { pointer, detail } of [...problem.errors || [], ...fixed.map((name) => ({ pointer: `/${name}`, detail: locked }))]) {
        const [, name] = pointer.split("/");
        const one = fields[aliases[name] || name];
        if (one) one.fault(detail);
        else rest.push(detail);
      }
      wrong.textContent = [problem.message, ...rest].join(" ");
      document.querySelector(".part [aria-invalid=true]")?.closest(".field-of-room").scrollIntoView({ block: "center" });
    },
  };
}
