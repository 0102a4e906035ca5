import UIKit
import WebKit

final class PointsController: UIViewController, WKScriptMessageHandler {
    private let host = "points.example.com"
    private lazy var web: WKWebView = {
        let configuration = WKWebViewConfiguration()
        configuration.websiteDataStore = .nonPersistent()
        configuration.userContentController.add(self, name: "widgetHost")
        return WKWebView(frame: .zero, configuration: configuration)
    }()

    override func loadView() { view = web }

    override func viewDidLoad() {
        super.viewDidLoad()
        fetchWidgetURL { url in self.web.load(URLRequest(url: url)) }
    }

    override func viewDidDisappear(_ animated: Bool) {
        super.viewDidDisappear(animated)
        web.configuration.userContentController.removeScriptMessageHandler(forName: "widgetHost")
    }

    func userContentController(_: WKUserContentController, didReceive message: WKScriptMessage) {
        guard message.frameInfo.isMainFrame, message.frameInfo.securityOrigin.host == host,
              let text = message.body as? String,
              let said = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        else { return }
        switch said["type"] as? String {
        case "token.request": fetchWidgetURL { url in self.answer(with: url) }
        case "exit": dismiss(animated: true)
        default: break
        }
    }

    private func answer(with url: URL) {
        let items = URLComponents(url: url, resolvingAgainstBaseURL: false)?.queryItems
        guard let token = items?.first(where: { $0.name == "token" })?.value else { return }
        send("token", ["token": token])
    }

    // Call it from your own close button: the customer is asked first where something would be lost.
    func askToClose() { send("close", [:]) }

    private func send(_ type: String, _ payload: [String: Any]) {
        let message: [String: Any] = ["target": "widget-host", "version": 1, "type": type, "payload": payload]
        guard let data = try? JSONSerialization.data(withJSONObject: message) else { return }
        web.evaluateJavaScript("WidgetHostBridge.receive(\(String(decoding: data, as: UTF8.self)))")
    }
}
