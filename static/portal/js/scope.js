// Keeps "all" and "only these" in step with the entries: typing an entry chooses "only these"; choosing "all" empties the
// box, and choosing "only these" again restores its values.
const kept = new WeakMap();
const read = (field) => (field.type === "checkbox" ? field.checked : field.value.trim());
const write = (field, value) => (field.type === "checkbox" ? (field.checked = value) : (field.value = value));

document.addEventListener("input", ({ target }) => {
  const group = target.closest("[data-scope]");
  if (!group) return;
  const fields = [...group.querySelectorAll("textarea, [type=checkbox]")];
  const isNamed = fields.some(read);
  if (target.type !== "radio") {
    group.querySelector(`[type=radio][value=${isNamed ? "only" : "all"}]`).checked = true;
  } else if (target.value === "all" && isNamed) {
    kept.set(group, fields.map(read));
    for (const field of fields) write(field, "");
  } else if (target.value === "only" && !isNamed) {
    kept.get(group)?.forEach((value, place) => write(fields[place], value));
  }
});
