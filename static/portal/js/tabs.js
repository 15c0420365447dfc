// Makes tabs of the form's groups (WAI-ARIA: arrow keys, Home, End). Hidden groups are still sent.
function open(tab, { focus = false } = {}) {
  const tabs = [...tab.closest("[data-tabs]").querySelectorAll("a")];
  for (const other of tabs) {
    const isOpen = other === tab;
    other.classList.toggle("active", isOpen);
    other.setAttribute("aria-selected", isOpen);
    other.tabIndex = isOpen ? 0 : -1;
    panelOf(other).toggleAttribute("data-open", isOpen);
  }
  if (focus) tab.focus();
}

function panelOf(tab) {
  return document.getElementById(tab.hash.slice(1));
}

function prepare(root) {
  for (const list of root.querySelectorAll("[data-tabs]:not([role])")) {
    list.setAttribute("role", "tablist");
    for (const tab of list.querySelectorAll("a")) {
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", tab.hash.slice(1));
      panelOf(tab).setAttribute("role", "tabpanel");
    }
    open(list.querySelector(".active") ?? list.querySelector("a"));
  }
}

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

document.addEventListener("keydown", (event) => {
  const tab = event.target.closest("[data-tabs] a");
  if (!tab) return;
  const tabs = [...tab.closest("[data-tabs]").querySelectorAll("a")];
  const place = tabs.indexOf(tab);
  let next = { Home: 0, End: tabs.length - 1 }[event.key];
  if (event.key in STEPS) next = (place + STEPS[event.key] + tabs.length) % tabs.length;
  if (event.key === " ") next = place;
  if (next === undefined) return;
  event.preventDefault();
  open(tabs[next], { focus: true });
});

document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#"]');
  if (!link) return;
  if (link.closest("[data-tabs]")) {
    event.preventDefault();
    return open(link);
  }
  // A link of the error summary: open the group that holds the field, then go there.
  const field = document.getElementById(link.hash.slice(1));
  const panel = field?.closest("[data-panel]");
  if (!panel) return;
  event.preventDefault();
  open(document.querySelector(`[data-tabs] a[href="#${panel.id}"]`));
  field.focus();
});

prepare(document);
document.addEventListener("portal:content", (event) => prepare(event.target));
