// Keys for the coding form; without this script it is an ordinary form.
(() => {
  document.documentElement.classList.add("keys");
  document.addEventListener("keydown", (event) => {
    const form = document.getElementById("unit");
    const writes = event.target.matches("textarea, input:not([type=radio], [type=checkbox]), summary, a, button");
    if (!form || writes || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter") {
      event.preventDefault();
      form.requestSubmit();
      return;
    }
    const box = form.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (box) {
      event.preventDefault();
      box.click();
      box.focus();
    }
  });
})();
