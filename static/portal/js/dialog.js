// Opens the dialog when htmx has loaded its content, and closes it: by Escape, by "Close" and by the Back button.
const dialog = document.getElementById("dialog");
const home = document.title;
let opener, address, isTyped = false;

const mayClose = () => !dialog.querySelector("form.htmx-request") && (!isTyped || confirm("Close and lose what you typed?"));

function close() {
  dialog.close();
  dialog.replaceChildren();
  isTyped = false;
  document.title = home;
  opener.focus();
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
  (dialog.querySelector("[autofocus]") ?? heading).focus();
});
dialog.addEventListener("input", () => (isTyped = true));
dialog.addEventListener("portal:sent", () => (isTyped = false));
dialog.addEventListener("cancel", leave);
dialog.addEventListener("click", (event) => event.target.closest("[data-dialog-close]") && leave(event));

// With Shift or Alt pressed a link keeps its default behaviour; htmx itself handles Control and Command.
addEventListener("click", (event) => (event.shiftKey || event.altKey) && event.target.closest("a[hx-boost]") && event.stopPropagation(), true);

// Runs before htmx, which would load the page of the address: with the dialog closed that page is shown already.
addEventListener("popstate", (event) => {
  if (!dialog.open) return;
  event.stopImmediatePropagation();
  mayClose() ? close() : history.pushState({ htmx: true }, "", address);
}, true);
addEventListener("beforeunload", (event) => dialog.open && isTyped && event.preventDefault());
