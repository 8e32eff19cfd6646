import PilotTransport
import PilotWSS
import PilotWire

/// Dials a beacon over WSS, and at the same time asks what answers there when nothing is to be upgraded.
enum ConnectionInquiry {
  /// Changes what is known. From any thread.
  typealias Update = @Sendable ((inout ConnectionFacts) -> Void) -> Void

  /// How long the plain request may take: of a server that keeps silent, that says enough.
  private static let pageLimit = Duration.seconds(8)

  /// - Parameters:
  ///   - hasIdentity: Whether the configuration's identity is the node's, to authenticate with.
  ///   - idle: How long to keep a connection with nothing but its pings on it; nil to keep none.
  ///   - update: Called with each thing that is found out.
  static func run(
    _ configuration: WSSTransport.Configuration, hasIdentity: Bool, idle: Duration?, update: @escaping Update
  ) async throws(TransportError) {
    async let asking: Void = ask(configuration, update)
    do throws(TransportError) {
      let report = try await DialInspection.run(configuration, authenticating: hasIdentity, idle: idle) { report in
        update { $0.take(report) }
      }
      update { facts in
        facts.take(report)
        facts.isDialled = true
      }
    } catch {
      guard error.code == .invalidConfiguration else { throw error }
      update { $0.cannotBegin(error) }
    }
    await asking
    if Task.isCancelled { throw .cancelled }
  }

  private static func ask(_ configuration: WSSTransport.Configuration, _ update: Update) async {
    var configuration = configuration
    configuration.dialLimit = min(configuration.dialLimit, pageLimit)
    let began = MonotonicInstant.now()
    let result: Result<ConnectionFacts.Page, TransportError>
    do throws(TransportError) {
      let answer = try await PageRequest.run(configuration)
      result = .success(
        ConnectionFacts.Page(
          status: answer.status, location: answer.location, date: answer.date, localTime: answer.localTime,
          elapsed: began.duration(to: .now())))
    } catch {
      result = .failure(error)
    }
    update { $0.page = result }
  }
}

extension ConnectionFacts {
  /// There is nothing to dial with: no authorities to trust, or nothing may be sent in the clear.
  mutating func cannotBegin(_ error: TransportError) {
    let failed = Step.failed(error, after: .zero)
    if url.isSecure { securing = failed } else { connecting = failed }
    isDialled = true
  }

  /// Puts the steps of a dial where they belong, as far as it is. What failed is the first that wasn't done.
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
