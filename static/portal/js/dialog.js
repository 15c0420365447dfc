// Opens the dialog when htmx has loaded its content, and closes it: by Escape, by "Close" and by the Back button.
const content = document.getElementById("dialog");
const dialog = content.parentElement;
const home = document.title;
let opener, address, isTyped = false;

// What is shown once is asked about in its own words.
function mayClose() {
  const unsaved = content.querySelector("[data-leave-guard]:not([data-saved])");
  if (content.querySelector("form.htmx-request")) return false;
  const isWanted = unsaved ? confirm(unsaved.dataset.leaveGuard) : !isTyped || confirm("Close and lose what you typed?");
  if (isWanted) unsaved?.setAttribute("data-saved", "");
  return isWanted;
}

async function close() {
  // What was made in the dialog is not on the page yet.
  const made = content.querySelector("[data-made]")?.dataset.made;
  dialog.close();
  content.replaceChildren();
  isTyped = false;
  document.title = home;
  if (made === undefined) return opener.focus();
  await htmx.ajax("GET", location.href, { target: "#main", select: "#main", swap: "outerHTML" });
  (document.getElementById(made)?.querySelector("a") ?? document.getElementById("main")).focus();
}

// Going back closes it: the dialog's page is the newest entry of the history.
function leave(event) {
  event.preventDefault();
  if (!mayClose()) return;
  isTyped = false;
  history.back();
}

dialog.addEventListener("htmx:afterSwap", ({ detail }) => {
  const heading = Object.assign(dialog.querySelector("h1"), { id: "dialog-title", tabIndex: -1 });
  if (dialog.open) return;
  opener = detail.requestConfig.elt;
  address = location.href;
  dialog.showModal();
  // Never a control that acts: Enter or Space, pressed once too often, must change nothing.
  (content.querySelector("[autofocus]") ?? heading).focus();
});
dialog.addEventListener("input", () => (isTyped = true));
dialog.addEventListener("portal:sent", () => (isTyped = false));
dialog.addEventListener("cancel", leave);
dialog.addEventListener("click", (event) => event.target.closest("[data-dialog-close]") && leave(event));

// What is shown after sending, such as a private password, takes the form's place in the dialog and in the history.
document.addEventListener("portal:next", (event) => {
  if (!dialog.contains(event.target)) return;
  event.preventDefault();
  const { elt, next } = event.detail;
  setTimeout(async () => {
    // Not from the form, whose fields would become part of the address.
    await htmx.ajax("GET", next, { source: content, target: content, swap: "innerHTML" });
    if (!content.contains(elt)) history.replaceState(history.state, "", (address = next));
  });
});

// With Shift or Alt pressed a link keeps its default behaviour; htmx itself handles Control and Command.
addEventListener("click", (event) => (event.shiftKey || event.altKey) && event.target.closest("a[hx-boost]") && event.stopPropagation(), true);

// Runs before htmx, which would load the page of the address: with the dialog closed that page is shown already.
addEventListener("popstate", (event) => {
  if (!dialog.open) return;
  event.stopImmediatePropagation();
  mayClose() ? close() : history.pushState({ htmx: true }, "", address);
}, true);
addEventListener("beforeunload", (event) => dialog.open && isTyped && event.preventDefault());
