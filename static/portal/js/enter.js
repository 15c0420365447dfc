// Enter in a group of fields presses the group's own button, if it has one, and not the one that sends the form.
document.addEventListener("keydown", (event) => {
  const group = event.key === "Enter" && event.target.matches("input") && event.target.closest("[data-enter]");
  if (!group) return;
  event.preventDefault();
  group.querySelector("button[type=button]")?.click();
});
