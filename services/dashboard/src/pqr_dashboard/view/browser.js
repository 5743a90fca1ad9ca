// What Streamlit says in English, the link to what is shown, and the drawer of a telephone, which stays open after a choice.
(() => {
  document.documentElement.lang = "es";
  if (window.pqrIsSpanish) return;
  window.pqrIsSpanish = true;
  const narrow = window.matchMedia("(max-width: 768px)");
  const said = { "Skip to main content": "Ir al contenido" };
  const named = [
    [/^Help for (.*)$/, "Ayuda: $1"], [/^Help$/, "Ayuda"], [/^Selected (.*?)\. (.*)$/, "Elegido: $1. $2"],
    [/^Clear (all|value)$/, "Borrar"], [/^Close sidebar$/, "Cerrar el menú"], [/^Open sidebar$/, "Abrir el menú"],
    [/^Open$/, "Abrir"], [/^Close$/, "Cerrar"], [/^Copy to clipboard$/, "Copiar"],
    [/^Show password text$/, "Mostrar la contraseña"], [/^Hide password text$/, "Ocultar la contraseña"],
    [/^Main menu$/, "Menú principal"], [/^Logo$/, "PQRSD"],
  ];
  const translate = () => {
    for (const element of document.querySelectorAll('[data-testid="stSkipToContent"]'))
      if (said[element.textContent]) element.textContent = said[element.textContent];
    for (const element of document.querySelectorAll("[aria-label], [title]"))
      for (const attribute of ["aria-label", "title"])
        for (const [english, spanish] of named) {
          const value = element.getAttribute(attribute);
          if (value && english.test(value)) element.setAttribute(attribute, value.replace(english, spanish));
        }
  };
  let isDue = false;
  new MutationObserver(() => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => { isDue = false; translate(); });
  }).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["aria-label", "title"] });
  translate();
  const close = () => document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
  document.addEventListener("click", async (event) => {
    const copy = event.target instanceof Element && event.target.closest(".pqr-copy");
    if (!copy) return;
    if (navigator.clipboard) await navigator.clipboard.writeText(location.href);
    else {  // a browser gives the clipboard to no page that came without TLS from another machine
      const field = document.body.appendChild(Object.assign(document.createElement("input"), { value: location.href }));
      field.select();
      document.execCommand("copy");
      field.remove();
    }
    copy.textContent = "Enlace copiado";
    setTimeout(() => { copy.textContent = "Copiar enlace"; }, 2000);
  });
  // From a figure to its tickets and to one of them: Streamlit goes there as it does for "back", without loading all anew.
  window.pqrGo = (href) => {
    const there = new URL(href, document.baseURI);
    if (there.searchParams.has("cifra"))
      there.searchParams.set("desde", location.pathname.split("/").pop() + location.search);
    if (there.searchParams.has("solicitud"))  // back from it, the list is as it was
      for (const [name, value] of new URLSearchParams(location.search))
        if (!there.searchParams.has(name)) there.searchParams.append(name, value);
    history.pushState({}, "", there);
    dispatchEvent(new PopStateEvent("popstate"));
    document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0);
  };
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a.pqr-open");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    window.pqrGo(link.href);
  });
  document.addEventListener("click", (event) => {
    if (!narrow.matches || !(event.target instanceof Element)) return;
    const isPage = event.target.closest('[data-testid="stSidebarNavLink"]');
    const isRun = event.target.closest('[role="option"]') && document.querySelector('[data-testid="stSidebar"] [aria-expanded="true"]');
    if (isPage || isRun) setTimeout(close, 150);
  }, true);
})();
