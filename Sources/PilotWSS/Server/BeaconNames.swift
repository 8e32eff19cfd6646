package import PilotWire

/// What a beacon is called: what the names that nodes sign are held against (wire reference, sections 2 and 3).
///
/// It knows that from what it was told (`--name`), from its certificate, and from the address that a node has written to. What a
/// node's request says, such as the `Host` field, is no evidence: who passes a challenge on writes there what he likes.
package struct BeaconNames: Sendable {
  /// Hosts that are this beacon's at any port.
  private let hosts: Set<String>
  /// Hosts that are at one.
  private let exact: Set<BeaconName>
  private let certificate: ServerTLS?

  /// - Parameters:
  ///   - names: What it was told; one without a port stands for every port of its host, since ports change on their way
  ///     through a proxy or a NAT. What can't be a name is left out.
  ///   - certificate: Whose names are the beacon's, too, at any port.
  package init(_ names: [HostPort] = [], certificate: ServerTLS? = nil) {
    // Any port will do to bring a host into its normal form.
    hosts = Set(names.filter { $0.port == nil }.compactMap { BeaconName(host: $0.host, port: 1)?.host })
    exact = Set(names.compactMap { name in name.port.flatMap { BeaconName(host: name.host, port: $0) } })
    self.certificate = certificate
  }

  /// Whether the beacon knows no name of its own but the address that is written to, which may be its proxy's business alone.
  package var isEmpty: Bool { hosts.isEmpty && exact.isEmpty && certificate?.hosts.isEmpty ?? true }

  /// Whether this is one of the beacon's names.
  ///
  /// - Parameter local: The address and port that the node, or whatever stands before the beacon, has written to; nil if that
  ///   isn't known.
  package func contains(_ name: BeaconName, at local: Endpoint?) -> Bool {
    if exact.contains(name) || hosts.contains(name.host) || certificate?.hosts.contains(name.host) == true {
      return true
    }
    guard let local, let address = BeaconName(local), name.port == address.port else { return false }
    return name.host == address.host || name.host == "localhost" && ["127.0.0.1", "::1"].contains(address.host)
  }
}
