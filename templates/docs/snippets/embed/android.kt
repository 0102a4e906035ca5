class PointsActivity : ComponentActivity() {
    private val origin = "https://points.example.com"
    private lateinit var web: WebView

    override fun onCreate(saved: Bundle?) {
        super.onCreate(saved)
        web = WebView(this).apply { settings.javaScriptEnabled = true }
        setContentView(web)
        WebViewCompat.addWebMessageListener(web, "WidgetHostAndroid", setOf(origin)) { _, message, _, isMainFrame, _ ->
            if (isMainFrame) hear(JSONObject(message.data ?: return@addWebMessageListener))
        }
        onBackPressedDispatcher.addCallback(this) { send("close", JSONObject()) }
        fetchWidgetUrl { url -> web.loadUrl(url) }
    }

    private fun hear(said: JSONObject) {
        when (said.getString("type")) {
            "token.request" -> fetchWidgetUrl { url ->
                send("token", JSONObject().put("token", Uri.parse(url).getQueryParameter("token")))
            }
            "exit" -> finish()
        }
    }

    private fun send(type: String, payload: JSONObject) {
        val message = JSONObject().put("target", "widget-host").put("version", 1).put("type", type).put("payload", payload)
        web.evaluateJavascript("WidgetHostBridge.receive($message)", null)
    }
}
