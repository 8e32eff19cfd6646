import PilotWire

/// How a NAT treats UDP, in the terms of RFC 4787.
public struct NATBehavior: Sendable, Equatable {
  /// What of a remote endpoint makes a difference (RFC 4787, sections 4.1 and 5).
  public enum Dependence: Sendable, Equatable, CaseIterable {
    /// Nothing: all remotes are alike.
    case endpointIndependent
    /// Its address.
    case addressDependent
    /// Its address and its port.
    case addressAndPortDependent
  }

  /// Which remotes share one external port of an internal endpoint (section 4.1). Default endpoint-independent (REQ-1).
  public var mapping: Dependence
  /// Who may send through a mapping: anybody, or those that were sent to (section 5). Default address-dependent (REQ-8).
  public var filtering: Dependence
  /// After this time without traffic a mapping, or the permission of one remote, is gone. Default 5 min (REQ-5: 2 min at
  /// least); many devices of today take 30 s.
  public var idleTimeout: Duration = .seconds(300)
  /// Whether what comes in keeps a mapping alive, too (section 4.3). Default false; what goes out always does (REQ-6).
  public var refreshesOnInbound = false
  /// Whether hosts behind this NAT reach each other at its external address (section 6, REQ-9). Default true.
  public var hairpins = true
  /// The external ports that it hands out, one after the other, starting at any. Default 1024...65,535.
  public var ports: ClosedRange<UInt16> = 1_024...65_535

  /// A NAT with the defaults of RFC 4787, or others.
  public init(mapping: Dependence = .endpointIndependent, filtering: Dependence = .addressDependent) {
    self.mapping = mapping
    self.filtering = filtering
  }

  /// One port for all remotes, open to everybody.
  public static let fullCone = Self(mapping: .endpointIndependent, filtering: .endpointIndependent)
  /// One port for all remotes, open to the addresses that were sent to.
  public static let addressRestricted = Self(mapping: .endpointIndependent, filtering: .addressDependent)
  /// One port for all remotes, open to the endpoints that were sent to.
  public static let portRestricted = Self(mapping: .endpointIndependent, filtering: .addressAndPortDependent)
  /// A port for each remote endpoint, open to that one.
  public static let symmetric = Self(mapping: .addressAndPortDependent, filtering: .addressAndPortDependent)
}

extension NATBehavior.Dependence {
  /// What is kept of a remote endpoint, in order to compare it.
  func key(of remote: Endpoint) -> Endpoint? {
    switch self {
    case .endpointIndependent: nil
    case .addressDependent: remote.withPort(0)
    case .addressAndPortDependent: remote
    }
  }
}
