import PilotTransport
public import PilotWire

extension BeaconServer.Configuration {
  /// This beacon's entry in the list of beacons at the registry that its keys come from. Deployed nodes choose one of that list, and go
  /// there: an address that they can't reach keeps a part of them from everybody else (<doc:SeveralBeacons>).
  public struct RegistryEntry: Sendable, Equatable {
    /// Where nodes reach this beacon over UDP.
    public var address: Endpoint
    /// The name, with a port, that the address was looked up by. It is looked up again every five minutes, and the registry told the
    /// address that it leads to then. nil, the default, if the address stays what it is.
    public var name: HostPort?
    /// A file with the registry's admin token, which none but its owner may read, read again when it changes; nil, the
    /// default, shows none.
    public var token: String?
    /// Whether the address may be of a private network, where all nodes are on it. Default no.
    public var allowsPrivate = false

    /// An entry with this address.
    public init(address: Endpoint) {
      self.address = address
    }

    /// Why nodes couldn't reach the address; nil if they could, as far as it says itself.
    package var fault: String? {
      if address.port == 0 { return "it has no port" }
      if address.isForDocumentation { return "it is an address for documentation" }
      switch AddressKind(of: address) {
      case .global: return nil
      case .loopback: return "it is this machine's own"
      case .privateUse: return allowsPrivate ? nil : "it is of a private network"
      // Who is behind a carrier's NAT is there with strangers, and no network of his own.
      case .linkLocal, .shared, .reserved: return "nothing can be sent there from elsewhere"
      }
    }

    /// - Throws: `.invalidConfiguration`.
    func validate() throws(TransportError) {
      guard let fault else { return }
      throw TransportError(
        code: .invalidConfiguration,
        message: "nodes can't reach \(address), which is to stand at the registry: \(fault)")
    }
  }
}

extension Endpoint {
  /// RFC 5737, RFC 3849, RFC 9637.
  fileprivate var isForDocumentation: Bool {
    guard let address = ipv4Address else { return high >> 32 == 0x2001_0DB8 || high >> 44 == 0x3FFF0 }
    return [0xC000_0200, 0xC633_6400, 0xCB00_7100].contains(address & 0xFFFF_FF00)
  }
}
