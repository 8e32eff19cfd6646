import PilotTransport
import PilotWSS
import PilotWire
import Synchronization

/// Dials a beacon over WSS, and asks what answers there when nothing is to be upgraded: at the same time, but through a proxy only once
/// that has opened the way to the dial. Both are the same to it, so that it is shown credentials, and they are renewed, as if there
/// were one.
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
    let proxy: ProxyAccess?
    do throws(TransportError) {
      proxy = try configuration.proxyAccess()
    } catch {
      return update { facts in
        facts.cannotBegin(error)
        facts.page = .failure(error)
      }
    }
    let tunnel = Tunnel()
    async let asking: Void = ask(configuration, through: proxy, after: proxy == nil ? nil : tunnel, update)
    do throws(TransportError) {
      let report = try await DialInspection.run(
        configuration, through: proxy, authenticating: hasIdentity, idle: idle
      ) { report in
        tunnel.take(report)
        update { $0.take(report) }
      }
      tunnel.take(report)
      update { facts in
        facts.take(report)
        facts.isDialled = true
      }
    } catch {
      tunnel.end(with: error)
      guard error.code == .invalidConfiguration else { throw error }
      update { $0.cannotBegin(error) }
    }
    await asking
    if Task.isCancelled { throw .cancelled }
  }

  /// Whether the proxy has opened the way to the dial, for one task that waits to know.
  private final class Tunnel: Sendable {
    private let outcome = Mutex<TransportError??>(nil)
    private let alarm = Alarm()

    func take(_ report: DialInspection.Report) {
      if report.steps.contains(where: { $0.progress == .tunnelled }) {
        settle(nil)
      } else if let failure = report.failure {
        settle(failure)
      }
    }

    func end(with error: TransportError) { settle(error) }

    private func settle(_ result: TransportError?) {
      outcome.withLock { if case .none = $0 { $0 = .some(result) } }
      alarm.ring()
    }

    /// Why there is no way; nil once there is one.
    func wait() async -> TransportError? {
      while true {
        if let outcome = outcome.withLock({ $0 }) { return outcome }
        if Task.isCancelled { return .cancelled }
        await alarm.wait(until: nil)
      }
    }
  }

  private static func ask(
    _ configuration: WSSTransport.Configuration, through proxy: ProxyAccess?, after tunnel: Tunnel?, _ update: Update
  ) async {
    if let failure = await tunnel?.wait() { return update { $0.page = .failure(failure) } }
    var configuration = configuration
    configuration.dialLimit = min(configuration.dialLimit, pageLimit)
    let began = MonotonicInstant.now()
    let result: Result<ConnectionFacts.Page, TransportError>
    do throws(TransportError) {
      let answer = try await PageRequest.run(configuration, through: proxy)
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
