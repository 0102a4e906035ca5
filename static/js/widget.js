// Keeps the session in memory, takes the token out of the address, and tells the host page what happens. Nothing else.
(() => {
  "use strict";
  // A screen comes with one of these; any other answer is a fault, or somebody else's page from in between.
  const OURS = [200, 401, 422, 429];
  const element = document.getElementById("widget-config");
  if (!element) return;
  const { session, widget, origins, address, messages } = JSON.parse(element.textContent);
  element.remove();
  // With scripts the text inside <noscript> is inert, but the session stands in it.
  for (const fallback of document.querySelectorAll("noscript")) fallback.remove();
  history.replaceState(null, "", address);

  const isFramed = window.parent !== window;
  const host = location.ancestorOrigins?.[0] ?? (document.referrer && new URL(document.referrer).origin);
  const listeners = origins.includes(host) ? [host] : origins;

  function tell(type, payload = {}) {
    if (!isFramed) return;
    const id = Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("");
    const message = { source: "widget-host", version: 1, id, widget, type, payload };
    for (const origin of listeners) window.parent.postMessage(message, origin);
  }

  function tellHeight() {
    tell("resize", { height: Math.ceil(document.body.getBoundingClientRect().height) });
  }

  document.addEventListener("htmx:config:request", (event) => {
    if (session) event.detail.ctx.request.headers.Authorization = `Bearer ${session}`;
  });

  // The server's word on what to tell the host comes in HX-Trigger, one event for each kind of message.
  for (const type of ["step", "success", "preferences.changed"]) {
    document.addEventListener(`widget:${type}`, (event) => tell(type, event.detail));
  }

  // A form that htmx does not drive, or not yet, is posted as a page without scripts would post it.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!session || form.hasAttribute("data-htmx-powered")) return;
    const field = Object.assign(document.createElement("input"), { type: "hidden", name: "_s", value: session });
    form.append(field);
  }, true);

  document.addEventListener("click", (event) => {
    const chip = event.target.closest?.("[data-fill]");
    const amount = chip && document.getElementById("amount");
    if (!amount) return;
    event.preventDefault();
    amount.value = chip.dataset.fill;
    amount.dispatchEvent(new Event("change", { bubbles: true }));
  });

  // A new step says which of its elements takes the focus, once.
  document.addEventListener("htmx:after:swap", () => {
    const element = document.querySelector("[data-focus]");
    element?.focus();
    element?.removeAttribute("data-focus");
  });

  // No answer of ours came: the form says so in its own words, for only the server knows whether money may have moved.
  function notice(event, isLost) {
    const { sourceElement } = event.detail.ctx ?? {};
    const words = sourceElement?.closest("form")?.querySelector("[data-lost]");
    if (!words) return;
    words.hidden = !isLost;
    if (isLost && sourceElement.matches("form, button")) words.focus();
  }
  document.addEventListener("htmx:before:request", (event) => notice(event, false));
  document.addEventListener("htmx:error", (event) => notice(event, true));
  document.addEventListener("htmx:before:response", (event) => {
    if (OURS.includes(event.detail.ctx.response.status)) return;
    event.preventDefault();
    notice(event, true);
  });

  tell("ready");
  for (const { type, payload } of messages) tell(type, payload);
  new ResizeObserver(tellHeight).observe(document.body);
})();
