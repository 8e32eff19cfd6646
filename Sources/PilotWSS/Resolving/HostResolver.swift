import PilotWire

/// The two kinds of IP addresses, which a name server is asked for apart.
package enum AddressFamily: Sendable, Hashable, CaseIterable {
  case ipv6, ipv4

  var other: AddressFamily { self == .ipv4 ? .ipv6 : .ipv4 }
}

/// Who is asked what a host's name stands for.
protocol HostResolver: Sendable {
  typealias Completion = @Sendable (Result<[Endpoint], ResolveFault>) -> Void

  /// Looks up a host's addresses of one family; an address stands for itself, and for nothing of the other family.
  ///
  /// - Parameter completion: Called once, whenever the answer comes, on any thread, with the addresses in the order of
  ///   preference, at most ``HostAddresses/limit``, and port 0.
  func lookUp(_ host: String, _ family: AddressFamily, completion: @escaping Completion)
}

/// Why a name has no addresses.
package struct ResolveFault: Error, Equatable {
  /// The system's words.
  package let reason: String
}
