// Keys for the coding form; without this script it is an ordinary form.
(() => {
  const form = document.getElementById("unit");
  if (!form) return;
  document.documentElement.classList.add("keys");
  document.addEventListener("keydown", (event) => {
    const writes = event.target.matches("textarea, input:not([type=radio], [type=checkbox]), summary, a, button");
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" && !writes) {
      event.preventDefault();
      form.requestSubmit();
    } else if (!writes) {
      const box = form.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
      if (box) {
        event.preventDefault();
        box.click();
        box.focus();
      }
    }
  });
})();
