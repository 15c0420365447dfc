// Warns before leaving what is shown once (`data-leave-guard` has the question), until it is copied, downloaded or said to be saved.
const guard = () => document.querySelector("[data-leave-guard]:not([data-saved])");
const save = () => guard()?.setAttribute("data-saved", "");

addEventListener("beforeunload", (event) => guard() && event.preventDefault());
document.addEventListener("portal:saved", ({ target }) => target.matches("[data-saves]") && save());
document.addEventListener("copy", () => {
  const once = guard()?.querySelector("code[data-once]");
  if (once && getSelection().containsNode(once, true)) save();
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-leaves], a[data-saves]");
  if (!link || !guard() || event.defaultPrevented) return;
  if (link.matches("[data-saves]") || confirm(guard().dataset.leaveGuard)) save();
  else event.preventDefault();
});
