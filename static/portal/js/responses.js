// What htmx leaves open about responses: the way out of a form, responses that do not come, and responses that say nothing new.
let isLeaving = false;

// The next page takes the form's place in the history. Until it is there, nothing is sent a second time.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { xhr, elt, requestConfig } = event.detail;
  const address = xhr.getResponseHeader("HX-Redirect");
  if (!address || requestConfig.verb === "get") return;
  event.preventDefault();
  isLeaving = true;
  elt.dispatchEvent(new CustomEvent("portal:sent", { bubbles: true }));
  location.replace(address);
});
document.addEventListener("htmx:beforeRequest", (event) => isLeaving && event.preventDefault());
addEventListener("pageshow", () => (isLeaving = false));

// A link opens its page instead; a form says it in the place that `data-problem` names.
function tell({ detail: { elt, xhr } }) {
  if (elt.matches("a")) return location.assign(elt.href);
  const place = document.getElementById(elt.dataset.problem);
  const reason = xhr.status ? `The portal responded with an error (${xhr.status}).` : "The portal cannot be reached.";
  if (place) place.textContent = `${reason} What you typed is still here; try again in a moment.`;
}
document.addEventListener("htmx:sendError", tell);
document.addEventListener("htmx:responseError", tell);

// A screen reader hears what has changed, and only that.
document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
  detail.shouldSwap = detail.fragment.textContent.trim() !== detail.target.textContent.trim();
});
