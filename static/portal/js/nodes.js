// Filters the nodes while one types, where there are many. What is chosen stays in sight.
const MANY = 10;

function filter(group, text) {
  const words = text.trim().toLowerCase();
  let shown = 0;
  for (const row of group.querySelectorAll("[data-node-list] > *")) {
    row.hidden = !row.textContent.toLowerCase().includes(words) && !row.querySelector("input").checked;
    shown += !row.hidden;
  }
  group.querySelector("[data-node-count]").textContent = words ? `${shown} shown` : "";
}

function prepare(root) {
  for (const box of root.querySelectorAll("[data-node-filter][hidden]")) {
    box.hidden = box.parentElement.querySelectorAll("[data-node-list] > *").length <= MANY;
  }
}

document.addEventListener("input", (event) => {
  const box = event.target.closest("[data-node-filter]");
  // What is typed into the filter is no change of the form.
  if (box) filter(box.parentElement, event.target.value);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.closest("[data-node-filter]")) event.preventDefault();
});

prepare(document);
document.addEventListener("portal:content", (event) => prepare(event.target));
