package import PilotTransport
package import PilotWire

/// Tells where this beacon is reached, by the address of this machine that a datagram was written to.
///
/// Asked under the router's lock when a node is claimed or registers: it must answer from memory, at once. From any thread.
package protocol OwnAddresses: Sendable {
  /// The address and port that stand behind `local`; nil if they aren't known.
  func endpoint(of local: LocalAddress) -> Endpoint?
}

/// A beacon that knows none of its addresses.
package struct NoOwnAddresses: OwnAddresses {
  package init() {}

  /// nil.
  package func endpoint(of local: LocalAddress) -> Endpoint? { nil }
}

/// What a question to a node names: the beacon's address as that node knows it. A deployed node answers there, and so
/// opens no way for anybody but the beacon.
///
/// An advertised address of the node's family is taken for it; without one, the address of this machine that the node's own
/// Discover was written to. Behind a NAT of the beacon's that one is private, and what is sent there never arrives: such a
/// beacon can't ask, or a node that is alive would look dead.
struct QuestionAddress: Sendable {
  private var advertisedIPv4: Endpoint?
  private var advertisedIPv6: Endpoint?
  private let own: any OwnAddresses

  init(advertised: [Endpoint], own: any OwnAddresses) {
    self.own = own
    advertise(advertised)
  }

  /// The beacon is reached at these addresses from now on, the first of each family.
  mutating func advertise(_ advertised: [Endpoint]) {
    advertisedIPv4 = advertised.first { $0.isIPv4 }
    advertisedIPv6 = advertised.first { !$0.isIPv4 }
  }

  /// What a question to who is registered here names; nil if it can't be asked.
  func address(for registration: Registration) -> Endpoint? {
    let node = registration.endpoint
    if let advertised = node.isIPv4 ? advertisedIPv4 : advertisedIPv6 {
      return AddressKind(of: advertised) == .global ? advertised : nil
    }
    guard let own = own.endpoint(of: registration.local), own.isIPv4 == node.isIPv4 else { return nil }
    switch AddressKind(of: own) {
    case .global: return own
    case .loopback: return AddressKind(of: node) == .loopback ? own : nil
    case .linkLocal, .privateUse, .shared, .reserved: return nil
    }
  }
}
