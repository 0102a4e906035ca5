import { useRef } from "react";
import { WebView, type WebViewMessageEvent } from "react-native-webview";

const HOST = "https://points.example.com";

export function Points({ url, fetchWidgetUrl, onClose }: {
  url: string;
  fetchWidgetUrl: () => Promise<string>;
  onClose: () => void;
}) {
  const web = useRef<WebView>(null);

  function send(type: string, payload: object) {
    const message = { target: "widget-host", version: 1, type, payload };
    web.current?.injectJavaScript(`WidgetHostBridge.receive(${JSON.stringify(message)}); true;`);
  }

  async function hear({ nativeEvent }: WebViewMessageEvent) {
    if (!nativeEvent.url.startsWith(`${HOST}/widget/`)) return;
    const said = JSON.parse(nativeEvent.data);
    if (said.type === "token.request") {
      send("token", { token: new URL(await fetchWidgetUrl()).searchParams.get("token") });
    }
    if (said.type === "exit") onClose();
  }

  return <WebView ref={web} source={{ uri: url }} onMessage={hear} originWhitelist={[HOST]} incognito />;
}
