// The widget, where the page has one, opened by Widget Host's embed.js; and the activity, which stays fresh.
"use strict";

const EVERY_MS = 1000;
const place = document.getElementById("widget");

async function fetchToken() {
  const answer = await fetch(place.dataset.tokenUrl, { method: "POST" });
  if (!answer.ok) throw new Error(`no widget: ${answer.status}`);
  return answer.json();
}

function showUnavailable() {
  const isGone = !place.firstElementChild;
  place.hidden = isGone;
  document.getElementById("unavailable").hidden = !isGone;
}

if (place && window.WidgetHost) WidgetHost.open({ widget: place.dataset.kind, container: place, fetchToken, onError: showUnavailable });
else if (place) showUnavailable();

const activity = document.getElementById("activity");
// As the browser writes it: what the page came with may be older than the first answer.
let shown = activity.innerHTML.trim();

function written(fragment) {
  const parsed = document.createElement("template");
  parsed.innerHTML = fragment;
  return parsed.innerHTML.trim();
}

async function refresh() {
  const answer = await fetch(activity.dataset.src, { signal: AbortSignal.timeout(5000) });
  if (!answer.ok) throw new Error(`activity answered ${answer.status}`);
  const fragment = written(await answer.text());
  if (fragment !== shown) show(fragment);
  shown = fragment;
}

function show(fragment) {
  const open = [...activity.querySelectorAll("details[open]")].map((details) => details.id);
  const focused = activity.contains(document.activeElement) ? document.activeElement.id : "";
  const before = activity.querySelector("[data-news]").dataset.news;
  activity.innerHTML = fragment;
  open.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
  if (focused) document.getElementById(focused)?.focus();
  const after = activity.querySelector("[data-news]").dataset.news;
  if (after !== before) document.getElementById("news").textContent = after;
}

async function keepFresh() {
  if (!document.hidden) {
    await refresh().then(
      () => (activity.dataset.live = "on"),
      () => (activity.dataset.live = "off"),
    );
  }
  setTimeout(keepFresh, EVERY_MS);
}

keepFresh();
