// Sliders, − and + move the percent beside them; of exactly two programs the other follows. The sum is the server's word.
const WHOLE = 100;
const ARABIC_ZERO = 0x660;
const shares = () => [...document.querySelectorAll("[data-share]")];

function read(text) {
  const latin = text.replace(/[\u0660-\u0669]/g, (digit) => digit.charCodeAt(0) - ARABIC_ZERO);
  return Math.min(WHOLE, Math.max(0, Number.parseInt(latin, 10) || 0));
}

function give(share, percent, typed) {
  for (const input of share.querySelectorAll("input")) if (input !== typed) input.value = percent;
}

document.addEventListener("input", ({ target }) => {
  const share = target.closest?.("[data-share]");
  if (!share) return;
  const percent = read(target.value);
  give(share, percent, target);
  const others = shares().filter((other) => other !== share);
  if (others.length === 1) give(others[0], WHOLE - percent);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-by]");
  if (!button) return;
  event.preventDefault();
  const field = button.closest("[data-share]").querySelector("input");
  field.value = read(String(Math.max(0, read(field.value) + Number(button.dataset.by))));
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

// Without scripts a slider would move nothing: a page has it asleep, a fragment awake.
for (const slider of document.querySelectorAll("[type=range]")) slider.disabled = false;
