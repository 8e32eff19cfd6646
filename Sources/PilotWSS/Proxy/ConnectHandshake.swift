import NIOCore
import PilotTransport
import PilotWire

/// Asks a proxy for a tunnel by CONNECT (RFC 9110, section 9.3.6). The proxy resolves the name.
struct ConnectHandshake: ProxyHandshake {
  private let proxy: ProxyURL
  private let target: String
  private var answer = ConnectAnswer()
  private var hasCredentials = false
  /// The head of a refusal has come; its body is being read over.
  private var isRefused = false

  init(through proxy: ProxyURL, to beacon: WSSURL) {
    self.proxy = proxy
    target = beacon.tunnelTarget.description
  }

  mutating func begin(as credentials: ProxyCredentials?) -> [UInt8] {
    answer = ConnectAnswer()
    isRefused = false
    hasCredentials = credentials != nil
    var lines = ["CONNECT \(target) HTTP/1.1", "Host: \(target)", "User-Agent: \(UpgradeRequester.userAgent)"]
    if let credentials { lines.append("Proxy-Authorization: \(credentials.basic)") }
    return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
  }

  mutating func receive(_ bytes: ByteBuffer) -> ProxyStep {
    var bytes = bytes
    if isRefused {
      answer.skip(&bytes)
      return .wait
    }
    do throws(ConnectAnswer.Fault) {
      guard let head = try answer.readHead(&bytes) else { return .wait }
      if (200..<300).contains(head.status) { return .open(rest: bytes) }
      isRefused = true
      answer.skip(&bytes)
      return .refuse(ProxyRefusal(head, of: proxy, to: target, hadCredentials: hasCredentials))
    } catch {
      return .refuse(ProxyRefusal(fault: error, of: proxy))
    }
  }

  func ended() -> ProxyRefusal {
    answer.isEmpty ? .closed(proxy) : ProxyRefusal(unreadable: .malformed, of: proxy)
  }

  var takesAnother: Bool { isRefused && answer.isComplete }
}

extension WSSURL {
  /// The host and port as a proxy is told them. The zone of an address means nothing to it.
  var tunnelTarget: HostPort { HostPort(host: String(host.prefix { $0 != "%" }), port: UInt16(clamping: port)) }
}

extension ProxyCredentials {
  /// The value of `Proxy-Authorization` (RFC 7617).
  fileprivate var basic: String {
    let bytes = Array("\(user):\(password)".utf8)
    return "Basic " + Base64.encode(bytes.span.raw)
  }
}
