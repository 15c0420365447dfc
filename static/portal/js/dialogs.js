// Opens the page behind `a[data-dialog]` in the dialog over the list. The link stays a link: without this script, or when
// something goes wrong, the page itself opens.
const home = { url: location.href, title: document.title };
let opener = null;
let isTyped = false;
let isSending = false;

const dialog = document.getElementById("dialog") ?? document.body.appendChild(document.createElement("dialog"));

function read(text) {
  return new DOMParser().parseFromString(text, "text/html");
}

// A page brings its own scripts and styles; each is loaded once.
function loadParts(page) {
  for (const sheet of page.querySelectorAll('link[rel="stylesheet"][href]')) {
    const href = sheet.getAttribute("href");
    if (!document.querySelector(`link[href="${CSS.escape(href)}"]`)) document.head.append(document.importNode(sheet, true));
  }
  for (const script of page.querySelectorAll('script[type="module"][src]')) import(script.getAttribute("src"));
}

function show(page) {
  const content = page.querySelector("[data-dialog-content]");
  if (!content) return false;
  dialog.replaceChildren(document.importNode(content, true));
  loadParts(page);
  const heading = dialog.querySelector("h1");
  if (heading) {
    heading.id ||= "dialog-title";
    dialog.setAttribute("aria-labelledby", heading.id);
  }
  document.title = page.title || document.title;
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  dialog.firstElementChild.dispatchEvent(new CustomEvent("portal:content", { bubbles: true }));
  (dialog.querySelector("[autofocus]") ?? dialog.querySelector("input:not([type=hidden]), textarea, button"))?.focus();
  return true;
}

async function open(link) {
  opener = link;
  try {
    const response = await fetch(link.href, { headers: { "HX-Request": "true" } });
    // A lost session leads elsewhere: let the browser go there.
    if (response.redirected || !response.ok || !show(read(await response.text()))) return location.assign(link.href);
  } catch {
    return location.assign(link.href);
  }
  isTyped = false;
  history.pushState({ dialog: true }, "", link.href);
}

function mayClose() {
  return !isSending && (!isTyped || confirm("Close and lose what you typed?"));
}

function close() {
  dialog.close();
  dialog.replaceChildren();
  isTyped = false;
  document.title = home.title;
  opener?.focus();
}

function leave() {
  if (!mayClose()) return;
  close();
  if (history.state?.dialog) history.back();
}

function complain(form, text) {
  const note = form.querySelector("[data-dialog-problem]") ?? document.createElement("p");
  note.dataset.dialogProblem = "";
  note.className = "alert alert-danger";
  note.setAttribute("role", "alert");
  note.textContent = text;
  form.append(note);
  note.scrollIntoView({ block: "nearest" });
}

async function send(form, submitter) {
  isSending = true;
  try {
    const response = await fetch(form.action, {
      method: "POST",
      body: new FormData(form, submitter),
      headers: { "HX-Request": "true" },
    });
    const target = response.headers.get("HX-Redirect");
    if (target) {
      isTyped = false;
      return location.replace(target);
    }
    // A lost session leads to sign in.
    if (response.redirected) return location.assign(response.url);
    if (!show(read(await response.text()))) complain(form, `The portal answered with an error (${response.status}). What you typed is still here.`);
  } catch {
    complain(form, "The portal cannot be reached. What you typed is still here; try again in a moment.");
  } finally {
    isSending = false;
    form.dispatchEvent(new CustomEvent("portal:answered", { bubbles: true }));
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (link && !event.defaultPrevented && event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)) {
    event.preventDefault();
    open(link);
  }
  if (dialog.open && event.target.closest("#dialog [data-dialog-close]")) {
    event.preventDefault();
    leave();
  }
});

dialog.addEventListener("submit", (event) => {
  if (event.defaultPrevented || !event.target.matches("[data-dialog-form]")) return;
  event.preventDefault();
  if (!isSending) send(event.target, event.submitter);
});
dialog.addEventListener("input", () => (isTyped = true));
dialog.addEventListener("cancel", (event) => {
  event.preventDefault();
  leave();
});

addEventListener("popstate", () => {
  if (!dialog.open) {
    // Forward to a dialog, or back from a dialog's page that was reloaded: the address must show its own page.
    if (location.pathname !== new URL(home.url).pathname) location.reload();
    return;
  }
  if (mayClose()) close();
  else history.pushState({ dialog: true }, "", dialog.querySelector("form")?.action ?? home.url);
});
addEventListener("beforeunload", (event) => {
  if (dialog.open && isTyped && !isSending) event.preventDefault();
});
