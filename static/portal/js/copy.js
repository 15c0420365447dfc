// Copies the text of the element that a button names, and confirms it. If the clipboard is not available, it selects the text.
document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const status = (button.closest("dialog") ?? document).querySelector("[data-copy-status]");
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.dataset.copied = "";
    status.textContent = `Copied:${button.lastElementChild.textContent}.`;
    button.dispatchEvent(new CustomEvent("portal:saved", { bubbles: true }));
  } catch {
    getSelection().selectAllChildren(source);
    status.textContent = "The text is selected. Copy it with your keyboard.";
  }
});
