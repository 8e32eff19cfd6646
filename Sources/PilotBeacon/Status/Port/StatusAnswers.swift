import NIOHTTP1
import PilotTransport
import PilotWSS
import PilotWire

/// What a status port answers to a request.
struct StatusAnswers: Sendable {
  /// Host names by which it may be asked, beside `localhost` and IP addresses, in lower case.
  let names: Set<String>
  let access: StatusAccess
  let feed: StatusFeed

  /// What becomes of a request.
  enum Response {
    case answer(HTTPAnswer)
    /// Reports without end, behind these fields.
    case events(HTTPHeaders)
  }

  /// - Parameter remote: The connection's other end.
  func response(to request: HTTPRequestHead, from remote: Endpoint) -> Response {
    guard request.targetPath == "/events", request.method == .GET, refusal(of: request, from: remote) == nil else {
      return .answer(answer(to: request, from: remote))
    }
    var fields = Self.fields
    fields.add(name: "Content-Type", value: "text/event-stream")
    fields.add(name: "Connection", value: "close")
    // For nginx, which else waits until it has some kilobytes.
    fields.add(name: "X-Accel-Buffering", value: "no")
    return .events(fields)
  }

  func answer(to request: HTTPRequestHead, from remote: Endpoint) -> HTTPAnswer {
    if let refusal = refusal(of: request, from: remote) { return refusal }
    switch request.targetPath {
    case "/health", "/healthz":
      // Whoever sends peers here is to send them elsewhere while there is time.
      let isServing = feed.isServing
      return HTTPAnswer(isServing ? .ok : .serviceUnavailable, isServing ? "ok\n" : "draining\n", fields: Self.fields)
    case "/ready":
      let reason = feed.readiness().obstacle()
      return HTTPAnswer(reason == nil ? .ok : .serviceUnavailable, "\(reason ?? "ready")\n", fields: Self.fields)
    case "/metrics":
      let type = "text/plain; version=0.0.4; charset=utf-8"
      let metrics = BeaconMetrics(
        feed.statistics, startedAt: feed.start, watchers: feed.watchers, droppedWatchers: feed.droppedWatchers)
      return HTTPAnswer(.ok, metrics.exposition, type: type, fields: Self.fields)
    case "/status.json":
      return HTTPAnswer(.ok, feed.report() + "\n", type: "application/json", fields: Self.fields)
    case "/events":
      return HTTPAnswer(.ok, "", type: "text/event-stream", fields: Self.fields)
    case "/":
      return HTTPAnswer(.ok, StatusPage.html, type: "text/html; charset=utf-8", fields: Self.fields)
    default:
      return HTTPAnswer(
        .notFound, "There are /, /events, /health, /healthz, /metrics, /ready and /status.json.\n", fields: Self.fields)
    }
  }

  private func refusal(of request: HTTPRequestHead, from remote: Endpoint) -> HTTPAnswer? {
    guard let host = request.targetHost else {
      return HTTPAnswer(.badRequest, "The request doesn't have exactly one Host field.\n", fields: Self.fields)
    }
    guard isOwn(host) else {
      return HTTPAnswer(
        .misdirectedRequest,
        "This isn't that host: ask by address, as localhost, or by a name that --http-name gives.\n",
        fields: Self.fields)
    }
    var fields = Self.fields
    guard request.method == .GET || request.method == .HEAD else {
      fields.add(name: "Allow", value: "GET, HEAD")
      return HTTPAnswer(.methodNotAllowed, "Only GET is served.\n", fields: fields)
    }
    if ["/health", "/healthz", "/ready"].contains(request.targetPath) { return nil }
    switch access.verdict(about: request.headers, from: remote) {
    case .granted:
      return nil
    case .unauthorized:
      fields.add(name: "WWW-Authenticate", value: StatusAccess.challenge)
      return HTTPAnswer(
        .unauthorized, "Give the token of --http-token as the password, under any name.\n", fields: fields)
    case .forbidden:
      return HTTPAnswer(
        .forbidden, "This is for the beacon's own machine; --http-token FILE lets others ask with a token.\n",
        fields: fields)
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

  /// Nothing is kept, taken for something else, or run but the page's own script.
  private static let fields: HTTPHeaders = [
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": StatusPage.policy,
  ]
}
