import NIOHTTP1
import PilotWSS
import PilotWire

/// What a status port answers to a request.
struct StatusAnswers: Sendable {
  /// Host names by which it may be asked, beside `localhost` and IP addresses, in lower case.
  let names: Set<String>
  let phase: @Sendable () -> BeaconLifecycle.Phase
  let statistics: @Sendable () -> BeaconStatistics

  func answer(to request: HTTPRequestHead) -> HTTPAnswer {
    guard let host = request.targetHost else {
      return HTTPAnswer(.badRequest, "The request doesn't have exactly one Host field.\n", fields: Self.fields)
    }
    guard isOwn(host) else {
      return HTTPAnswer(
        .misdirectedRequest,
        "This isn't that host: ask by address, as localhost, or by a name that --http-name gives.\n",
        fields: Self.fields)
    }
    guard request.method == .GET || request.method == .HEAD else {
      var fields = Self.fields
      fields.add(name: "Allow", value: "GET, HEAD")
      return HTTPAnswer(.methodNotAllowed, "Only GET is served.\n", fields: fields)
    }
    switch request.targetPath {
    case "/health", "/healthz":
      // Whoever sends peers here is to send them elsewhere while there is time.
      let isServing = phase() == .serving
      return HTTPAnswer(isServing ? .ok : .serviceUnavailable, isServing ? "ok\n" : "draining\n", fields: Self.fields)
    case "/metrics":
      let type = "text/plain; version=0.0.4; charset=utf-8"
      return HTTPAnswer(.ok, BeaconMetrics(statistics()).exposition, type: type, fields: Self.fields)
    case "/":
      return HTTPAnswer(.ok, BeaconMetrics(statistics()).page, type: "text/html; charset=utf-8", fields: Self.fields)
    default:
      return HTTPAnswer(.notFound, "There are /, /health, /healthz and /metrics.\n", fields: Self.fields)
    }
  }

  /// A page of somebody else's that has its own name resolved to this machine asks by that name, and is to read nothing.
  private func isOwn(_ host: Substring) -> Bool {
    // Before HTTP/1.1 there may be none; browsers name one.
    if host.isEmpty { return true }
    guard let parsed = try? HostPort(parsing: host) else { return false }
    var name = parsed.host.lowercased()
    if name.hasSuffix(".") { name.removeLast() }
    return name == "localhost" || names.contains(name) || (try? Endpoint(address: name, port: 0)) != nil
  }

  /// Nothing is kept, taken for something else, or run; the page has a style of its own.
  private static let fields: HTTPHeaders = [
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy":
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  ]
}
