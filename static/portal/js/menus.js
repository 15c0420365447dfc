// Closes an open menu by Escape and by a click elsewhere, as a menu of the browser's own would.
const opened = () => document.querySelector("details.menu[open]");

addEventListener("click", ({ target }) => {
  const menu = opened();
  if (menu && !target.closest(".menu > summary")) menu.open = false;
});
addEventListener("keydown", ({ key }) => {
  const menu = opened();
  if (key !== "Escape" || !menu) return;
  menu.open = false;
  menu.firstElementChild.focus();
});
