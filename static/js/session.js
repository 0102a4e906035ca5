// What a widget needs after its first view: an end that is announced, a calm way to leave, and a way to start again.
const ASK_HOST_MS = 120_000;
const ASK_CUSTOMER_MS = 60_000;
const RECONNECT_MS = 3_000;
const TRY_AGAIN_MS = 5_000;

export async function keep({ config, flow, tell }) {
  // A page without a session has them in it.
  if (config.asides) {
    const answer = await fetch(config.asides, { headers: { Authorization: `Bearer ${config.session}` } });
    if (answer.status === 401) return over(tell);
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    document.body.insertAdjacentHTML("beforeend", await answer.text());
  }
  const still = document.getElementById("still-there");
  const leave = document.getElementById("leave");
  const [path, query] = config.address.split("?");
  const { tenant, ...asked } = Object.fromEntries(new URLSearchParams(query));
  let endsAt = config.since + config.expiresInMs;
  let canExtend = config.canExtend;
  let isAsked = false;
  let isStarting = false;
  let timer;

  function wait(ms, then = tick) {
    clearTimeout(timer);
    timer = setTimeout(then, ms);
  }

  // The host is asked in silence first, then the customer; only when neither answers does the session end.
  function tick() {
    if (flow.isEnded || isStarting) return;
    const left = endsAt - Date.now();
    if (left <= ASK_HOST_MS) askHost(left);
    // A receipt stays, and a request on its way is waited for: both know better than this clock what became of the money.
    if (flow.isDone || document.querySelector("form.htmx-request, [name=tries]")) return wait(TRY_AGAIN_MS);
    if (left <= 0) return end();
    if (left <= ASK_CUSTOMER_MS && canExtend && !still.open) still.showModal();
    wait(left > ASK_HOST_MS ? left - ASK_HOST_MS : left > ASK_CUSTOMER_MS ? left - ASK_CUSTOMER_MS : left);
  }

  function askHost(left) {
    if (isAsked) return;
    isAsked = true;
    tell("token.request", { expiresInMs: Math.max(0, Math.round(left)) });
  }

  async function extend(fields) {
    try {
      const headers = { Authorization: `Bearer ${config.session}` };
      const answer = await fetch(`${path}/session`, { method: "POST", headers, body: new URLSearchParams(fields) });
      if (answer.status === 401) return end();
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      const told = await answer.json();
      endsAt = Date.now() + told.expiresInMs;
      canExtend = told.canExtend;
      isAsked = false;
      still.close();
      tick();
    } catch {
      wait(TRY_AGAIN_MS);
    }
  }

  function show(name) {
    for (const dialog of [still, leave]) dialog.close();
    document.getElementById("step").replaceWith(document.getElementById(name).content.cloneNode(true));
    document.dispatchEvent(new Event("widget:swap"));
  }

  function end() {
    clearTimeout(timer);
    isStarting = false;
    show("ended");
    tell("session.expired");
  }

  function startAgain() {
    isStarting = true;
    isAsked = false;
    show("reconnecting");
    askHost(0);
    wait(RECONNECT_MS, end);
  }

  function exit(reason) {
    tell("exit", { reason, step: flow.step ?? null });
  }

  function close() {
    if (flow.isDone) exit("done");
    else if (flow.isEnded) exit("expired");
    else if (!flow.isTouched) exit("host");
    else if (!leave.open) leave.showModal();
  }

  const heard = {
    token({ token }) {
      if (!isAsked || typeof token !== "string") return;
      if (isStarting || flow.isEnded) location.replace(`${path}?${new URLSearchParams({ ...asked, token })}`);
      else extend({ token });
    },
    theme({ mode }) {
      if (["light", "dark", "auto"].includes(mode)) document.documentElement.dataset.mode = mode;
    },
    close,
  };

  function ask(dialog, act) {
    dialog.addEventListener("cancel", () => act(""));
    dialog.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      dialog.close();
      act(button.value);
    });
  }
  // Whoever answers the question, be it by the Escape key, is there.
  ask(still, () => extend({}));
  ask(leave, (value) => value === "leave" && exit("cancel"));
  document.addEventListener("visibilitychange", tick);

  if (config.session) tick();
  else if (config.canReconnect && flow.hasHost) startAgain();
  else document.getElementById("step").removeAttribute("data-reconnects");
  return { hear: (type, payload) => Object.hasOwn(heard, type) && heard[type](payload), startAgain };
}

// The session ended, or went on elsewhere, before its questions came: the next step says so.
function over(tell) {
  tell("session.expired");
  const hear = (type) => type === "close" && tell("exit", { reason: "expired", step: null });
  return { hear, startAgain: () => location.reload() };
}
