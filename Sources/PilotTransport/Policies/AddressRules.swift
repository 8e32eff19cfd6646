public import PilotWire

/// Who may speak to a server, by address, and which proxies are believed when they name somebody else.
public struct AddressRules: Sendable, Equatable {
  /// Only these may; nil, the default, lets everybody.
  public var allowed: AddressSet?
  /// These may not, whether they are ``allowed`` or not. Default nobody.
  public var denied = AddressSet()
  /// Proxies in front of the server, whose word counts on whom a connection comes from. Default none.
  public var trustedProxies = AddressSet()

  /// Everybody may speak, and no proxy is believed.
  public init() {}

  /// Whether datagrams and connections of an endpoint are taken at all.
  public func admits(_ endpoint: Endpoint) -> Bool {
    if denied.contains(endpoint) { return false }
    return allowed?.contains(endpoint) ?? true
  }

  /// Whether there is nobody who may not speak.
  public var admitsAll: Bool { allowed == nil && denied.isEmpty }
}
