// Warns before leaving a page that shows something once, until it is copied, downloaded or confirmed as saved.
let isSaved = false;

addEventListener("beforeunload", (event) => isSaved || event.preventDefault());
document.addEventListener("portal:saved", ({ target }) => (isSaved ||= target.matches("[data-saves]")));
document.addEventListener("copy", () => (isSaved ||= getSelection().containsNode(document.querySelector("code[data-once]"), true)));
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-leave], a[data-saves]");
  isSaved ||= link && (!link.dataset.leave || confirm(link.dataset.leave));
  if (link && !isSaved) event.preventDefault();
});
