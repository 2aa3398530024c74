(() => {
  const live = JSON.parse(document.getElementById("live").textContent);
  const night = window.matchMedia("(prefers-color-scheme: dark)");
  const phone = window.matchMedia("(max-width: 600px)");
  const colours = Object.fromEntries(live.dark.map((one) => [one.name, one.value]));
  const coloured = (spec) => ({
    ...spec,
    datasets: live.datasets,
    params: spec.params.map((one) =>
      night.matches && one.name in colours ? { ...one, value: colours[one.name] } : one),
  });
  const draw = () => {
    for (const figure of document.querySelectorAll("[data-chart]")) {
      const forms = live.charts[figure.dataset.chart];
      const spec = coloured(structuredClone(phone.matches ? forms.narrow : forms.wide));
      const theme = night.matches ? "dark" : "light";
      window.vegaEmbed(figure.querySelector(".live"), spec, { actions: false, renderer: "svg", tooltip: { theme } })
        .then(() => figure.classList.add("drawn"), (error) => console.error(error));
    }
  };
  night.addEventListener("change", draw);
  phone.addEventListener("change", draw);
  draw();
})();
