/// <reference path="./embed.d.ts" />
import { useEffect, useRef } from "react";

async function fetchToken() {
  const answer = await fetch("/widget-token", { method: "POST" });
  if (!answer.ok) throw new Error(`no widget: ${answer.status}`);
  return answer.json();
}

export function Points({ onDone }: { onDone: (success: WidgetHost.Success) => void }) {
  const place = useRef<HTMLDivElement>(null);
  const done = useRef(onDone);
  done.current = onDone;

  useEffect(() => {
    const widget = WidgetHost.open({
      container: place.current!,
      fetchToken,
      onSuccess: (success) => done.current(success),
    });
    return () => widget.remove();
  }, []);

  return <div ref={place} />;
}
