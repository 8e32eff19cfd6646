package import NIOCore
import NIOHTTP1
import NIOSSL
import PilotTransport
package import PilotWire

/// A connection from its arrival to the upgrade: whom it comes from, and why it ends if it gets no further. Confined to its
/// event loop.
package final class IncomingConnection {
  /// Whom it comes from, as far as that is known: its other end, or whom a trusted proxy has named.
  private(set) var client: Endpoint
  private let channel: any Channel
  private let admission: ConnectionAdmission
  private let report: (HandshakeFailure) -> Void
  private var isOver = false
  private var limit: Scheduled<Void>?

  /// - Parameter report: Hears why it ends, once, unless it upgrades or is served.
  package init(
    _ channel: any Channel, from client: Endpoint, admission: ConnectionAdmission,
    report: @escaping (HandshakeFailure) -> Void
  ) {
    self.channel = channel
    self.client = client
    self.admission = admission
    self.report = report
  }

  /// Asks whether it may stay, and for how long it may take.
  ///
  /// - Returns: Whether it may; if not, it is closed.
  package func arrive(limit: Duration) -> Bool {
    let now = MonotonicInstant(channel.eventLoop.now)
    let refusal = admission.accept(channel, from: client, at: now) { [self] leave in
      switch leave {
      case .shutDown: end()
      case .making(let reason): fail(reason)
      }
      channel.cutOff()
    }
    if let refusal {
      fail(refusal)
      channel.close(promise: nil)
      return false
    }
    self.limit = channel.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limit)) { [self] in
      fail(.timedOut)
      channel.cutOff()
    }
    // The timer holds this until it is cancelled. One that has upgraded lasts for long, and is to keep nothing of all this.
    channel.closeFuture.assumeIsolated().whenComplete { [weak self] _ in self?.limit?.cancel() }
    return true
  }

  /// It is about to end for this reason. Only the first one counts.
  package func fail(_ reason: HandshakeFailure.Reason, _ detail: String? = nil) {
    guard !isOver else { return }
    isOver = true
    report(HandshakeFailure(reason, remote: client, detail: detail))
  }

  /// It is served, and needs no further reason.
  package func end() { isOver = true }

  /// It upgrades, or is to get an answer without an end: its time isn't limited any more.
  package func upgrade() {
    isOver = true
    limit?.cancel()
  }

  /// A trusted proxy has said whom it speaks for.
  ///
  /// - Returns: Why that client is turned away; nil if it may stay, or if nobody was named.
  func name(_ client: Endpoint?) -> HandshakeFailure.Reason? {
    guard let client else { return nil }
    self.client = client
    return admission.name(client, of: channel, at: MonotonicInstant(channel.eventLoop.now))
  }

  /// A request has come: whom it is from is known now, if ever. Only a trusted proxy's word counts.
  ///
  /// - Returns: Why that client is turned away; nil if it may stay.
  func read(_ headers: HTTPHeaders) -> HandshakeFailure.Reason? {
    guard admission.trusts(client) else { return nil }
    if let named = ForwardedClient.client(of: headers, isTrusted: admission.trusts) { return name(named) }
    // Nobody asked so far whether the proxy itself may connect.
    return admission.admits(client) ? nil : .denied
  }
}
