import assert from "node:assert/strict";
import { test } from "node:test";

import { together } from "../../../web/static/web/form.js";

let shown = 0;
globalThis.document = { querySelector: () => ({ closest: () => ({ scrollIntoView: () => { shown += 1; } }) }) };

function made(values, options = {}) {
  const told = {};
  const fields = Object.fromEntries(Object.entries(values).map(([name, value]) => {
    const one = { value, box: { hidden: false }, read: () => one.value, fault: (text) => { told[name] = text; } };
    return [name, one];
  }));
  const wrong = { textContent: "before" };
  return { fields, told, wrong, form: together(fields, { isNew: false, aliases: { group_ids: "groups" }, wrong, ...options }) };
}

test("only what has changed goes out, and nothing where nothing has", () => {
  const { fields, form } = made({ title: "Mock", groups: ["a"], seconds: 60 });
  assert.equal(form.changes(), null);
  fields.groups.value = ["a", "b"];
  fields.title.value = "Mock";
  assert.deepEqual(form.changes(), { groups: ["a", "b"] });
});

test("all of a new one goes out, but for what is put away without a meaning", () => {
  const { fields, form } = made({ title: "Mock", breaks: [1], seconds: 60 }, { isNew: true });
  fields.breaks.box.hidden = true;
  Object.assign(fields.seconds, { box: { hidden: true }, blank: null });
  assert.deepEqual(form.changes(), { title: "Mock", seconds: null });
});

test("what is refused is said at its field, under any of its names, and the rest above", () => {
  const { told, wrong, form } = made({ title: "", groups: [], mode: "A" }, { locked: "Fixed." });
  const errors = [{ pointer: "/title", detail: "Too long." }, { pointer: "/group_ids/0", detail: "Unknown." }, { pointer: "/other", detail: "Odd." }];
  form.refuse({ message: "No.", errors, details: { fields: ["mode"] } });
  assert.deepEqual(told, { title: "Too long.", groups: "Unknown.", mode: "Fixed." });
  assert.equal(wrong.textContent, "No. Odd.");
  assert.equal(shown, 1);
  form.clear();
  assert.deepEqual([told, wrong.textContent], [{ title: "", groups: "", mode: "" }, ""]);
});

test("a refusal without fields is told as it is", () => {
  const { told, wrong, form } = made({ title: "" });
  form.refuse({ message: "The server does not answer.", details: { fields: ["title"] } });
  assert.deepEqual([told, wrong.textContent], [{}, "The server does not answer."]);
});
