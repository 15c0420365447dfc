// Filters the nodes during typing; chosen nodes stay visible. The filter is not a change of the form.
document.addEventListener("input", (event) => {
  const group = event.target.closest("[data-node-filter]")?.parentElement;
  if (!group) return;
  event.stopPropagation();
  const words = event.target.value.trim().toLowerCase();
  let shown = 0;
  for (const row of group.querySelectorAll("[data-node-list] > *")) {
    row.hidden = !row.textContent.toLowerCase().includes(words) && !row.querySelector("input").checked;
    shown += !row.hidden;
  }
  group.querySelector("[data-node-count]").textContent = words ? `${shown} shown` : "";
}, true);
