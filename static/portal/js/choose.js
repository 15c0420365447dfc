// Chooses every row of a table, or none.
document.addEventListener("input", ({ target }) => {
  if (!("chooseAll" in target.dataset)) return;
  for (const box of target.closest("table").querySelectorAll("input[name=token]")) box.checked = target.checked;
});
