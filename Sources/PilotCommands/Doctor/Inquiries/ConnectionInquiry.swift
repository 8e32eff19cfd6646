import PilotTransport
import PilotWSS
import PilotWire

/// Dials a beacon over WSS, and asks what answers there when nothing is to be upgraded.
enum ConnectionInquiry {
  /// - Parameters:
  ///   - hasIdentity: Whether the configuration's identity is the node's, to authenticate with.
  ///   - idle: How long to keep a connection with nothing but its pings on it; nil to keep none.
  static func run(
    _ configuration: WSSTransport.Configuration, hasIdentity: Bool, idle: Duration?
  ) async throws(TransportError) -> ConnectionFacts {
    var facts = ConnectionFacts(url: configuration.beacon)
    facts.hasIdentity = hasIdentity
    facts.idleTime = idle
    let decision = try configuration.proxy.decision(for: configuration.beacon)
    facts.route = ConnectionFacts.Route(decision)
    facts.page = try await page(configuration)
    do throws(TransportError) {
      let report = try await DialInspection.run(configuration, authenticating: hasIdentity, idle: idle)
      facts.take(report)
    } catch {
      // Without authorities to trust there is nothing to be secured with.
      guard error.code == .invalidConfiguration else { throw error }
      facts.securing = .failed(error, after: .zero)
    }
    return facts
  }

  private static func page(
    _ configuration: WSSTransport.Configuration
  ) async throws(TransportError) -> Result<ConnectionFacts.Page, TransportError> {
    let began = MonotonicInstant.now()
    do throws(TransportError) {
      let answer = try await PageRequest.run(configuration)
      return .success(
        ConnectionFacts.Page(
          status: answer.status, location: answer.location, date: answer.date, localTime: answer.localTime,
          elapsed: began.duration(to: .now())))
    } catch {
      if error.code == .cancelled { throw error }
      return .failure(error)
    }
  }
}

extension ConnectionFacts {
  /// Puts the steps of a dial where they belong. What failed is the first that wasn't done.
  mutating func take(_ report: DialInspection.Report) {
    for (progress, elapsed) in report.steps { take(progress, elapsed) }
    if let (time, error) = report.idled {
      idling =
        error.map { .failed($0, after: time) }
        ?? .done(
          Taken(elapsed: time, words: "the connection was kept for \(time.milliseconds / 1_000) s with nothing on it"))
    }
    guard let failure = report.failure else { return }
    let failed = Step.failed(failure, after: report.failedAfter)
    if connecting == .notReached {
      connecting = failed
    } else if case .proxy = route, tunnelling == .notReached {
      tunnelling = failed
    } else if url.isSecure, securing == .notReached {
      securing = failed
    } else if upgrading == .notReached {
      upgrading = failed
    } else {
      authenticating = failed
    }
  }

  private mutating func take(_ progress: DialProgress, _ elapsed: Duration) {
    switch progress {
    case .connected(let address):
      let role = if case .proxy(let proxy, _) = route { "the proxy \(proxy)" } else { url.authority }
      connecting = .done(
        Taken(elapsed: elapsed, words: "\(role) takes connections\(address.map { " at \($0)" } ?? "")"))
    case .tunnelled:
      tunnelling = .done(Taken(elapsed: elapsed, words: "it opened the way to \(url.authority)"))
    case .secured(let summary):
      let expiry = WallClock.text(summary.expiry)
      securing = .done(
        Taken(elapsed: elapsed, words: "\(summary.version), certificate by \(summary.issuer), until \(expiry)"))
    case .upgraded(let subprotocol):
      upgrading = .done(Taken(elapsed: elapsed, words: "a WebSocket of \(subprotocol)"))
    case .authenticated:
      authenticating = .done(Taken(elapsed: elapsed, words: "the beacon knows this node's key"))
    }
  }
}

extension ConnectionFacts.Route {
  fileprivate init(_ decision: ProxyDecision) {
    guard let proxy = decision.proxy else {
      self = .direct(decision.description)
      return
    }
    if case .variable(let name) = decision.reason {
      self = .proxy(proxy.description, by: name)
    } else {
      self = .proxy(proxy.description, by: "--proxy")
    }
  }
}
