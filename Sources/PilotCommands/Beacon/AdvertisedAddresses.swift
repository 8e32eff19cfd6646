import PilotConsole
import PilotWire

/// The addresses of `--advertise`: at most one of each family.
enum AdvertisedAddresses {
  /// Reads what an operator wrote. A name counts by one of its addresses, until it leads elsewhere.
  ///
  /// - Parameter names: Gets the names that were looked up, by their addresses.
  static func resolve(
    _ texts: [String], names: inout [Endpoint: HostPort]
  ) throws(CommandFailure) -> [Endpoint] {
    var addresses: [Endpoint] = []
    for text in texts {
      let address = try ListenAddress.resolve(text, option: "advertise")
      guard address.port != 0, !isUnspecified(address) else {
        throw .usage(
          "--advertise must be an address that nodes can send to", hint: "for example 203.0.113.7:9001, with the port")
      }
      guard !addresses.contains(where: { $0.isIPv4 == address.isIPv4 }) else {
        throw .usage(
          "--advertise names two \(address.isIPv4 ? "IPv4" : "IPv6") addresses",
          hint: "give one of each family at most: the one that nodes know")
      }
      addresses.append(address)
      names[address] = ListenAddress.name(in: text)
    }
    return addresses
  }

  private static func isUnspecified(_ endpoint: Endpoint) -> Bool {
    endpoint.ipv4Address == 0 || endpoint.high == 0 && endpoint.low == 0
  }
}
