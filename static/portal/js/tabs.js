// Turns the form's groups into tabs (WAI-ARIA: arrow keys, Home, End), on a phone one below the other. Hidden groups are still sent.
const isList = matchMedia("(width < 48rem)");
const panelOf = (tab) => document.getElementById(tab.hash.slice(1));
const tabsOf = (tab) => [...tab.parentElement.children];

function open(tab) {
  for (const other of tabsOf(tab)) {
    const isOpen = other === tab;
    other.setAttribute("aria-selected", isOpen);
    other.tabIndex = isOpen ? 0 : -1;
    panelOf(other).toggleAttribute("data-open", isOpen);
  }
  tab.scrollIntoView({ block: "nearest" });
  return tab;
}

function orient() {
  for (const tabs of document.querySelectorAll("[role=tablist]")) tabs.ariaOrientation = isList.matches ? "vertical" : "horizontal";
}
isList.addEventListener("change", orient);

document.addEventListener("htmx:load", ({ target }) => {
  // Its legend names it already.
  for (const panel of target.querySelectorAll("[data-panel]")) panel.role = "tabpanel";
  orient();
  if (target === document.body) show(panelOf(location));
});

document.addEventListener("keydown", (event) => {
  const tabs = event.target.matches("[role=tab]") ? tabsOf(event.target) : [];
  const place = tabs.indexOf(event.target);
  const [forth, back] = isList.matches ? ["ArrowDown", "ArrowUp"] : ["ArrowRight", "ArrowLeft"];
  const next = { [forth]: place + 1, [back]: place - 1, Home: 0, End: -1, " ": place }[event.key];
  if (place < 0 || next === undefined) return;
  event.preventDefault();
  open(tabs.at(next % tabs.length)).focus();
});

// By a click, by a link of the error summary, or by the address: open the group that contains the field, then focus it.
function show(goal, link) {
  const panel = goal?.closest("[data-panel]");
  if (!panel) return false;
  const tab = open(document.querySelector(`[role=tab][href="#${panel.id}"]`));
  (goal === panel ? link ?? tab : goal).focus();
  return true;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#"]');
  const goal = link && panelOf(link);
  if (!show(goal, link)) return;
  event.preventDefault();
  // In the list a group above it has closed, and what was pressed has moved.
  if (goal.matches("[data-panel]") && isList.matches) link.scrollIntoView();
});
