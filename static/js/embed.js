// Opens a widget in your page, fetches its tokens from your backend, and tells your page what happens.
(() => {
  const TITLES = { "point-exchange": "Exchange for points", multibrand: "Your rewards" };

  function open({ widget = "point-exchange", fetchToken, container, theme, locale, ...on }) {
    let place = container.append ? container : document.querySelector(container);
    let origin, isReady, isAsking;
    const frame = Object.assign(document.createElement("iframe"), {
      title: TITLES[widget],
      sandbox: "allow-scripts allow-forms allow-same-origin",
      allow: "",
      referrerPolicy: "strict-origin",
    });
    frame.style.cssText = "display: block; width: 100%; border: 0";
    const timer = setTimeout(fail, 10_000, "LOAD_FAILED", "no ready in 10 s");

    function tell(type, payload) {
      on.onEvent?.({ type, payload });
      on[`on${type[0].toUpperCase()}${type.slice(1)}`]?.(payload);
    }

    function fail(code, message) {
      if (!isReady) remove();
      tell("error", { code, message, displayMessage: "Try again in a moment.", recoverable: true, requestId: null });
    }

    function send(type, payload) {
      if (isReady) frame.contentWindow?.postMessage({ target: "widget-host", version: 1, type, payload }, origin);
    }

    async function address(use) {
      try {
        const url = new URL((await fetchToken()).widgetUrl);
        for (const [name, value] of Object.entries({ locale, theme })) if (value) url.searchParams.set(name, value);
        use(url);
      } catch (problem) {
        fail("TOKEN_FAILED", String(problem));
      }
    }

    const heard = {
      ready() {
        isReady = true;
        clearTimeout(timer);
        if (theme) setTheme(theme);
      },
      resize({ height }) {
        frame.style.height = `${Math.min(height, 6000)}px`;
      },
      async "token.request"() {
        if (isAsking) return;
        isAsking = true;
        await address((url) => send("token", { token: url.searchParams.get("token") }));
        isAsking = false;
      },
      exit: remove,
    };

    function listen({ source, origin: from, data }) {
      if (source !== frame.contentWindow || from !== origin || data?.source !== "widget-host" || data.version !== 1) return;
      heard[data.type]?.(data.payload);
      tell(data.type, data.payload);
    }

    function setTheme(mode) {
      send("theme", { mode: (theme = mode) });
    }

    function remove() {
      clearTimeout(timer);
      removeEventListener("message", listen);
      place = null;
      frame.remove();
    }

    // The widget asks first where something would be lost; one not ready has nothing to lose.
    function close() {
      if (isReady) send("close", {});
      else remove();
    }

    addEventListener("message", listen);
    address((url) => {
      ({ origin } = url);
      frame.src = url;
      place?.append(frame);
    });
    return { frame, close, remove, setTheme };
  }

  class WidgetHostElement extends HTMLElement {
    connectedCallback() {
      const { widget, theme, locale, tokenUrl } = this.dataset;
      this.handle = open({
        widget, theme, locale, container: this,
        fetchToken: this.fetchToken ?? (async () => (await fetch(tokenUrl, { method: "POST" })).json()),
        onEvent: ({ type, payload }) => this.dispatchEvent(new CustomEvent(type, { detail: payload })),
      });
    }

    disconnectedCallback() {
      this.handle.remove();
    }
  }

  window.WidgetHost = { open };
  customElements.define("widget-host", WidgetHostElement);
})();
