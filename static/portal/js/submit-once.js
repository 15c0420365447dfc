// Lets a form be sent once until there is an answer. The server makes one token of two sendings anyway.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-submit-once]");
  if (!form) return;
  if (form.dataset.sent === "yes") return event.preventDefault();
  form.dataset.sent = "yes";
  // Only marked, not disabled: a disabled button would not be sent, and would lose the focus.
  event.submitter?.setAttribute("aria-disabled", "true");
}, true);

function release(root) {
  for (const form of root.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
  }
}

// The answer to a dialog's form is an error, or a way out; a page may come back from the browser's memory.
document.addEventListener("portal:answered", () => release(document));
addEventListener("pageshow", () => release(document));
