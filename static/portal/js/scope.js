// Keeps "all" and "only these" in step with what is named: naming something chooses "only these"; choosing "all" empties the
// box, and choosing "only these" again brings back what stood there.
const kept = new WeakMap();

const valuesOf = (group) => [...group.querySelectorAll("textarea, input[type=checkbox]")];
const isFilled = (field) => (field.type === "checkbox" ? field.checked : field.value.trim() !== "");

function empty(group) {
  const fields = valuesOf(group);
  if (!fields.some(isFilled)) return;
  kept.set(group, fields.map((field) => (field.type === "checkbox" ? field.checked : field.value)));
  for (const field of fields) field.type === "checkbox" ? (field.checked = false) : (field.value = "");
}

function restore(group) {
  const fields = valuesOf(group);
  const values = kept.get(group);
  if (!values || fields.some(isFilled)) return;
  fields.forEach((field, place) => (field.type === "checkbox" ? (field.checked = values[place]) : (field.value = values[place])));
}

document.addEventListener("input", ({ target }) => {
  const group = target.closest("[data-scope]");
  if (!group) return;
  if (target.type === "radio") return target.value === "all" ? empty(group) : restore(group);
  if (!valuesOf(group).includes(target)) return;
  group.querySelector(`input[type=radio][value=${valuesOf(group).some(isFilled) ? "only" : "all"}]`).checked = true;
});
