// What htmx leaves open about responses: redirects out of a form, failed requests, and responses without a change.
let isLeaving = false;

// The next page replaces the form in the history. Until it loads, nothing is sent a second time.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { xhr, elt, requestConfig } = event.detail;
  const address = xhr.getResponseHeader("HX-Redirect");
  if (!address || requestConfig.verb === "get") return;
  event.preventDefault();
  elt.dispatchEvent(new CustomEvent("portal:sent", { bubbles: true }));
  const next = new CustomEvent("portal:next", { bubbles: true, cancelable: true, detail: { elt, next: address } });
  if (/\/secret\/$/.test(address) && !elt.dispatchEvent(next)) return;
  isLeaving = true;
  location.replace(address);
});
document.addEventListener("htmx:beforeRequest", (event) => isLeaving && event.preventDefault());
addEventListener("pageshow", () => {
  isLeaving = false;
  for (const form of document.querySelectorAll("form[data-sending]")) delete form.dataset.sending;
});

// A form that the browser sends itself: it shows at once that it is being sent, and is not sent twice.
addEventListener("submit", (event) => {
  if ("sending" in event.target.dataset) event.preventDefault();
  else if (!event.defaultPrevented) event.target.dataset.sending = "";
});

// A link opens its page instead; a form shows the error in the element that `data-problem` names.
function showFailure({ detail: { elt, xhr } }) {
  if (elt.matches("a")) return location.assign(elt.href);
  const reason = xhr.status ? `The portal responded with an error (${xhr.status}).` : "The portal cannot be reached.";
  const advice = elt.matches("button") ? "Try" : "What you typed is still here; try";
  document.getElementById(elt.dataset.problem)?.replaceChildren(`${reason} ${advice} again in a moment.`);
}
document.addEventListener("htmx:sendError", showFailure);
document.addEventListener("htmx:responseError", showFailure);

// Only changed parts are swapped, so that a screen reader announces nothing else. A field is invalid as long as an error says so.
document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
  const text = detail.fragment.textContent.trim();
  detail.shouldSwap = text !== detail.target.textContent.trim();
  document.querySelector(`:is(input, select, textarea)[aria-describedby~="${detail.target.id}"]`)?.setAttribute("aria-invalid", !!text);
});
