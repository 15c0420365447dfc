// Copies the text of the element that a button names, or of the one before it, and confirms it. Without a clipboard it is selected.
document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const source = button.dataset.copy ? document.getElementById(button.dataset.copy) : button.previousElementSibling;
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
