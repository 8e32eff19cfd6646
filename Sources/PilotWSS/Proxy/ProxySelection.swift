public import PilotTransport

/// Whether connections go through a proxy, and which one.
public struct ProxySelection: Sendable, Hashable {
  private enum Source: Sendable, Hashable {
    case none
    case environment(ProxyEnvironment)
    case url(ProxyURL, NoProxy, variable: String?)
  }

  private let source: Source

  /// No proxy, whatever the environment says.
  public static let none = ProxySelection(source: .none)

  /// As this process's environment says: ``ProxyEnvironment``.
  public static var environment: ProxySelection { .environment(.process) }

  /// As these variables say.
  public static func environment(_ variables: ProxyEnvironment) -> ProxySelection {
    ProxySelection(source: .environment(variables))
  }

  /// This proxy.
  ///
  /// - Parameters:
  ///   - proxy: Where it is.
  ///   - exceptions: The hosts that are reached without it. Default: this machine alone.
  ///   - variable: The variable that lists them, for who reads the decision; nil if none does.
  public static func url(
    _ proxy: ProxyURL, except exceptions: NoProxy = NoProxy(), listedIn variable: String? = nil
  ) -> ProxySelection {
    ProxySelection(source: .url(proxy, exceptions, variable: variable))
  }

  /// What becomes of a beacon.
  ///
  /// - Throws: `.invalidConfiguration` for a variable that names no proxy.
  public func decision(for beacon: WSSURL) throws(TransportError) -> ProxyDecision {
    let found: (url: ProxyURL, variable: String?)
    let exceptions: (list: NoProxy, variable: String?)
    switch source {
    case .none:
      return ProxyDecision(proxy: nil, reason: .switchedOff)
    case .environment(let environment):
      if NoProxy.isLoopback(beacon.host) { return ProxyDecision(proxy: nil, reason: .loopback) }
      let named: (url: ProxyURL, variable: String)?
      do throws(TransportError) {
        named = try environment.proxy(for: beacon)
      } catch {
        // What a variable names is nothing to a beacon that is reached without it.
        guard let entry = environment.noProxy.entry(for: beacon.host, port: beacon.port) else { throw error }
        return ProxyDecision(proxy: nil, reason: .exempt(entry: entry, variable: environment.noProxyVariable))
      }
      guard let named else { return ProxyDecision(proxy: nil, reason: .unset) }
      found = (named.url, named.variable)
      exceptions = (environment.noProxy, environment.noProxyVariable)
    case .url(let url, let list, let variable):
      found = (url, nil)
      exceptions = (list, variable)
    }
    if NoProxy.isLoopback(beacon.host) { return ProxyDecision(proxy: nil, reason: .loopback) }
    if let entry = exceptions.list.entry(for: beacon.host, port: beacon.port) {
      return ProxyDecision(proxy: nil, reason: .exempt(entry: entry, variable: exceptions.variable))
    }
    return ProxyDecision(
      proxy: found.url, reason: found.variable.map { .variable($0) } ?? .configured,
      unreadExceptions: exceptions.list.leftOut, exceptionsVariable: exceptions.variable)
  }
}

/// Whether a beacon is reached through a proxy, and why.
public struct ProxyDecision: Sendable, Hashable {
  /// What decided.
  @nonexhaustive
  public enum Reason: Sendable, Hashable {
    /// Proxies are switched off.
    case switchedOff
    /// No variable of the environment names one.
    case unset
    /// The beacon is on this machine.
    case loopback
    /// An entry in the list of exceptions; the variable that it stands in, if one.
    case exempt(entry: String, variable: String?)
    /// This variable names the proxy.
    case variable(String)
    /// The proxy was given.
    case configured
  }

  /// The proxy; nil where there is none on the way.
  public let proxy: ProxyURL?
  /// What decided.
  public let reason: Reason
  /// How many exceptions weren't looked at, one of which may be meant for the beacon: those behind the first 1,024
  /// (``NoProxy/limit``).
  public private(set) var unreadExceptions = 0
  private var exceptionsVariable: String?

  init(proxy: ProxyURL?, reason: Reason, unreadExceptions: Int = 0, exceptionsVariable: String? = nil) {
    self.proxy = proxy
    self.reason = reason
    self.unreadExceptions = unreadExceptions
    self.exceptionsVariable = exceptionsVariable
  }
}

extension ProxyDecision: CustomStringConvertible {
  /// Both in words: `no proxy: "*.example.com" in no_proxy`.
  public var description: String {
    switch reason {
    case .switchedOff: "no proxy: switched off"
    case .unset: "no proxy: no variable names one"
    case .loopback: "no proxy: the beacon is on this machine"
    case .exempt(let entry, let variable): "no proxy: \"\(entry)\" in \(variable ?? "the list of exceptions")"
    case .variable(let name): "\(proxy.map(String.init(describing:)) ?? "") from \(name)\(warning)"
    case .configured: "\(proxy.map(String.init(describing:)) ?? "") as configured\(warning)"
    }
  }

  /// What may be wrong with it, to be put behind it in words: `; 3 entries of no_proxy don't count, …`. Empty where nothing is.
  package var warning: String {
    guard unreadExceptions > 0 else { return "" }
    let list = exceptionsVariable ?? "the list of exceptions"
    return "; the last \(unreadExceptions) entries of \(list) don't count, since it has more than \(NoProxy.limit)"
  }
}
