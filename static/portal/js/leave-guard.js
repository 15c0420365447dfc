// Warns before leaving a page that shows something once, until it is copied, downloaded or confirmed as saved.
let isSaved = false;

addEventListener("beforeunload", (event) => {
  if (!isSaved) event.preventDefault();
});
document.addEventListener("portal:saved", ({ target }) => {
  if (target.closest("[data-saves]")) isSaved = true;
});
document.addEventListener("click", ({ target }) => {
  if (target.closest("a[data-leave], a[data-saves]")) isSaved = true;
});
