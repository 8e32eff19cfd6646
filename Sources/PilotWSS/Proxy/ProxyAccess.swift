package import PilotTransport
import Synchronization

/// A transport's proxy: where it is, who this is to it, and how it is secured. Kept from one attempt to the next, so that
/// credentials that a proxy has accepted are shown to it at once, and those that it has refused are not. From any thread.
package final class ProxyAccess: Sendable {
  /// Where it is, with the credentials that are there from the start.
  let url: ProxyURL
  /// The authorities that may vouch for a proxy over TLS: never those that were given for the beacon. Nil for one in the clear.
  let trust: ClientTrust?
  /// Gives new credentials, where there is a way.
  let renew: (@Sendable () async throws -> ProxyCredentials)?
  private struct State {
    var credentials: ProxyCredentials?
    var refused = RefusedCredentials()
  }

  private let state: Mutex<State>

  /// - Throws: `.invalidConfiguration`, as ``ClientTrust``.
  init(
    _ url: ProxyURL, trust: Trust = .system, renew: (@Sendable () async throws -> ProxyCredentials)? = nil
  ) throws(TransportError) {
    self.url = url
    self.trust = url.scheme == .https ? try ClientTrust(trust) : nil
    self.renew = renew
    state = Mutex(State(credentials: url.credentials))
  }

  /// The credentials of this moment.
  var credentials: ProxyCredentials? { state.withLock { $0.credentials } }

  /// Takes new ones into use.
  ///
  /// - Throws: `.invalidConfiguration` for those that this kind of proxy can't be told.
  func replace(with credentials: ProxyCredentials) throws(TransportError) {
    if url.scheme == .socks5 || url.scheme == .socks5h { try SOCKSHandshake.check(credentials) }
    state.withLock { $0.credentials = credentials }
  }

  /// The proxy has refused credentials that it was shown.
  func refused(_ credentials: ProxyCredentials, at now: MonotonicInstant) {
    state.withLock { $0.refused.refused(credentials, at: now) }
  }

  /// The proxy has made a tunnel.
  func accepted() { state.withLock { $0.refused.accepted() } }

  /// Whether credentials are held back, since the proxy has refused them before.
  func holdsBack(_ credentials: ProxyCredentials?, at now: MonotonicInstant) -> Bool {
    guard let credentials else { return false }
    return state.withLock { $0.refused.remaining(for: credentials, at: now) != nil }
  }

  /// How long an attempt would be pointless: the proxy has refused the present credentials, and there is no way to others.
  func hold(at now: MonotonicInstant) -> Duration? {
    guard renew == nil else { return nil }
    return state.withLock { state in state.credentials.flatMap { state.refused.remaining(for: $0, at: now) } }
  }
}

extension WSSTransport.Configuration {
  /// The proxy on the way to the beacon, if one is.
  ///
  /// - Parameter present: One that is in use, with what it has been shown: it is returned if it is the one.
  /// - Throws: `.invalidConfiguration` for a variable that names no proxy, or without authorities for one over TLS.
  package func proxyAccess(reusing present: ProxyAccess? = nil) throws(TransportError) -> ProxyAccess? {
    guard let url = try proxy.decision(for: beacon).proxy else { return nil }
    if let present, present.url == url { return present }
    return try ProxyAccess(url, trust: proxyTrust, renew: renewProxyCredentials)
  }
}
