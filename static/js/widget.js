// Keeps the session in memory, takes the token out of the address, and speaks with the host: the page or app around it.
(() => {
  "use strict";
  // A screen comes with one of these; any other answer is a fault, or somebody else's page from in between.
  const OURS = [200, 401, 422, 429];
  const element = document.getElementById("widget-config");
  if (!element) return;
  const config = { since: Date.now(), ...JSON.parse(element.textContent) };
  const { session, widget, origins, address, messages } = config;
  element.remove();
  // Inert with scripts, but the session stands in it.
  for (const fallback of document.querySelectorAll("noscript")) fallback.remove();
  history.replaceState(null, "", address);

  // A page frames the widget; an app's web view has a bridge to it; a browser's tab has no host.
  const isFramed = window.parent !== window;
  const bridge = !isFramed &&
    (window.ReactNativeWebView ?? window.webkit?.messageHandlers?.widgetHost ?? window.WidgetHostAndroid);
  const host = location.ancestorOrigins?.[0] ?? (document.referrer && new URL(document.referrer).origin);
  let listeners = origins.includes(host) ? [host] : origins;
  const flow = { hasHost: Boolean(isFramed ? origins.length : bridge), isEnded: !session, isDone: false, isTouched: false };

  function tell(type, payload = {}) {
    if (type === "session.expired") flow.isEnded = true;
    if (type === "step") flow.step = payload.name;
    if (/done|saved/.test(payload.name)) Object.assign(flow, { isDone: true, isTouched: false });
    const id = crypto.getRandomValues(new Uint32Array(4)).join("-");
    const message = { source: "widget-host", version: 1, id, widget, type, payload };
    if (bridge) bridge.postMessage(JSON.stringify(message));
    else if (isFramed) for (const origin of listeners) window.parent.postMessage(message, origin);
  }

  // Expiry, closing and starting again are loaded some time after the first view.
  let keeper;
  function keep() {
    return keeper ??= import(config.module).then((module) => module.keep({ config, flow, tell })).catch(() => {
      keeper = null;
      setTimeout(keep, 5000);
    });
  }
  setTimeout(keep, session ? 1500 : 0);
  if (config.script) import(config.script);

  async function hear(message) {
    if (message?.target === "widget-host" && message.version === 1) (await keep())?.hear(message.type, message.payload ?? {});
  }
  if (bridge) window.WidgetHostBridge = { receive: (said) => hear(typeof said === "string" ? JSON.parse(said) : said) };
  addEventListener("message", (event) => {
    if (!isFramed || event.source !== window.parent || !origins.includes(event.origin)) return;
    listeners = [event.origin];
    hear(event.data);
  });

  document.addEventListener("htmx:config:request", (event) => {
    if (session) event.detail.ctx.request.headers.Authorization = `Bearer ${session}`;
  });

  // What the server tells the host comes in HX-Trigger, an event for each kind of message.
  for (const type of ["step", "success", "preferences.changed", "error", "session.expired"]) {
    document.addEventListener(`widget:${type}`, (event) => tell(type, event.detail));
  }
  document.addEventListener("widget:address", (event) => history.replaceState(null, "", event.detail.address));
  for (const type of ["input", "change", "submit"]) {
    document.addEventListener(type, () => Object.assign(flow, { isTouched: true, isDone: false }), true);
  }

  // A form that htmx does not drive, or not yet, is posted as a page without scripts would post it.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!session || form.hasAttribute("data-htmx-powered")) return;
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "_s", value: session }));
  }, true);

  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-again]")) keep().then((kept) => kept?.startAgain());
    const chip = event.target.closest?.("[data-fill]");
    const amount = chip && document.getElementById("amount");
    if (!amount) return;
    event.preventDefault();
    amount.value = chip.dataset.fill;
    amount.dispatchEvent(new Event("change", { bubbles: true }));
  });

  // A new step says which of its elements takes the focus, once; only a host can give what it takes to start again.
  function settle() {
    if (flow.hasHost) for (const button of document.querySelectorAll("[data-again]")) button.hidden = false;
    const element = document.querySelector("[data-focus]");
    element?.focus();
    element?.removeAttribute("data-focus");
  }
  document.addEventListener("htmx:after:swap", settle);
  document.addEventListener("widget:swap", settle);

  // No answer of ours came: the form says so, and may ask whether money moved.
  function notice(event, lost) {
    const { sourceElement } = event.detail.ctx ?? {};
    const words = sourceElement?.closest("form")?.querySelector("[data-lost]");
    if (lost) tell("error", { ...lost, displayMessage: words?.textContent.trim() ?? "", recoverable: true });
    if (!words) return;
    words.hidden = !lost;
    if (!lost) return;
    if (sourceElement.matches("form, button")) words.focus();
    htmx.trigger(sourceElement, "widget:lost");
  }
  document.addEventListener("htmx:before:request", (event) => notice(event));
  document.addEventListener("htmx:error", (event) => {
    notice(event, { code: "NO_ANSWER", message: String(event.detail.error), requestId: null });
  });
  document.addEventListener("htmx:before:response", (event) => {
    const { status, headers } = event.detail.ctx.response;
    if (OURS.includes(status)) return;
    event.preventDefault();
    notice(event, { code: "FAULT", message: `HTTP ${status}`, requestId: headers.get("X-Request-Id") });
  });

  // What was typed before htmx could hear of it, or is there again after a reload. It begins with a timer as well.
  setTimeout(() => setTimeout(() => {
    for (const field of document.querySelectorAll("input")) {
      if (field.value !== field.defaultValue) field.dispatchEvent(new Event("widget:typed", { bubbles: true }));
    }
  }));

  tell("ready");
  for (const { type, payload } of messages) tell(type, payload);
  settle();
  new ResizeObserver(() => {
    tell("resize", { height: Math.ceil(document.body.getBoundingClientRect().height) });
  }).observe(document.body);
})();
