public import PilotTransport
public import PilotWire

/// Addresses of hosts for when the name server fails: written down once, and used only where it gives none, or is silent for
/// three seconds.
///
/// They take the place of the lookup alone. The certificate and what a node signs still name the host.
public struct StaticAddresses: Sendable, Hashable {
  /// The most addresses of a host.
  public static let limit = HostAddresses.limit

  private var table: [String: [Endpoint]] = [:]

  /// None.
  public init() {}

  /// Reads entries `HOST=ADDRESS`, several of which may name the same host. IPv6 may stand in brackets.
  ///
  /// - Throws: `.invalidConfiguration` that says what is wrong with which.
  public init(parsing entries: [String]) throws(TransportError) {
    for entry in entries {
      let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, let host = try? HostPort(parsing: parts[0]), host.port == nil else {
        throw Self.invalid(entry, "write HOST=ADDRESS")
      }
      let text = parts[1].hasPrefix("[") && parts[1].hasSuffix("]") ? parts[1].dropFirst().dropLast() : parts[1]
      guard let address = try? Endpoint(parsingWithZone: text.contains(":") ? "[\(text)]:0" : "\(text):0") else {
        throw Self.invalid(entry, "what stands behind the = is no IP address")
      }
      guard addresses(of: host.host).count < Self.limit else {
        throw Self.invalid(entry, "a host can have \(Self.limit) addresses")
      }
      add(address, for: host.host)
    }
  }

  /// Adds an address to those of a host, unless it has ``limit`` or this one. The port counts for nothing.
  public mutating func add(_ address: Endpoint, for host: String) {
    let key = Self.key(host)
    let address = Endpoint(high: address.high, low: address.low, scope: address.scope, port: 0)
    guard addresses(of: host).count < Self.limit, !addresses(of: host).contains(address) else { return }
    table[key, default: []].append(address)
  }

  /// Whether there are none.
  public var isEmpty: Bool { table.isEmpty }

  /// Those of a host, in the order in which they were added, with port 0.
  public func addresses(of host: String) -> [Endpoint] { table[Self.key(host)] ?? [] }

  private static func key(_ host: String) -> String {
    let host = host.lowercased()
    return host.hasSuffix(".") ? String(host.dropLast()) : host
  }

  private static func invalid(_ entry: String, _ reason: String) -> TransportError {
    TransportError(
      code: .invalidConfiguration,
      message: "\"\(PrintableText.line(entry, limit: 100))\" is no host's address: \(reason)")
  }
}
