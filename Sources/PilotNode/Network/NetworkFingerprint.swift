import PilotIdentity
import PilotWire

/// Tells one network from another, for what is remembered of each: whether it lets UDP through, for example.
///
/// It is made of the gateways of the default routes, by address and by link-layer address where this machine knows that, and of
/// the name servers of /etc/resolv.conf; not of this machine's own address or interface, which change where the network doesn't.
/// No proof of anything: a network can give itself the fingerprint of another one.
package struct NetworkFingerprint: Hashable, Sendable {
  /// 64 bits that differ where networks do (FNV-1a), the same in each process and after a restart.
  package let key: UInt64
  /// Whether each gateway's link-layer address went in. Home networks are often alike but for that. This machine learns it
  /// when it first sends something to the gateway: who gets an incomplete fingerprint asks again a little later.
  package let isComplete: Bool
  /// As ``key``, without the link-layer addresses.
  private let likeness: UInt64

  init(_ view: NetworkView, resolvers: [String]) {
    var (hash, likeness) = (Hash(), Hash())
    var isComplete = true
    let gateways = Set(view.routes.compactMap(\.gateway)).sorted { ($0.high, $0.low) < ($1.high, $1.low) }
    for gateway in gateways {
      hash.add(addressBytes(gateway))
      likeness.add(addressBytes(gateway))
      let link = view.gateways[gateway]
      hash.add(link ?? [])
      if link == nil { isComplete = false }
    }
    // A tunnel or a modem has no gateway: that there is one is all that is known.
    let rest = [[view.routes.contains { $0.gateway == nil } ? 1 : 0]] + Set(resolvers).sorted().map { Array($0.utf8) }
    for part in rest {
      hash.add(part)
      likeness.add(part)
    }
    key = hash.value
    self.likeness = likeness.value
    self.isComplete = isComplete
  }

  /// Whether this may be the same network, of which more is known by now.
  func completes(_ former: NetworkFingerprint) -> Bool { !former.isComplete && likeness == former.likeness }

  /// FNV-1a with 64 bits (draft-eastlake-fnv); each part with its length, so that none runs into the next.
  private struct Hash {
    var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ part: [UInt8]) {
      for byte in [UInt8(truncatingIfNeeded: part.count)] + part {
        value = (value ^ UInt64(byte)) &* 0x100_0000_01B3
      }
    }
  }
}

extension NetworkFingerprint: CustomStringConvertible {
  /// 16 hexadecimal digits.
  package var description: String {
    let digits = String(key, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

/// The 16 bytes of an address.
private func addressBytes(_ address: Endpoint) -> [UInt8] {
  [address.high, address.low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
}

/// The name servers that this machine asks.
enum Resolvers {
  /// More than this of the file isn't read.
  static let limit = 65_536
  /// More servers than the C library uses (MAXNS in resolv.h).
  static let capacity = 8

  /// Those of /etc/resolv.conf (resolv.conf(5)), as they are written; none where there is no such file.
  static func configured() -> [String] {
    guard let contents = try? WholeFile.contents(of: "/etc/resolv.conf", limit: limit) else { return [] }
    return parse(String(decoding: contents, as: UTF8.self))
  }

  static func parse(_ text: String) -> [String] {
    var servers: [String] = []
    for line in text.split(whereSeparator: \.isNewline) where servers.count < capacity {
      let words = line.split { $0 == " " || $0 == "\t" }
      if words.count >= 2, words[0] == "nameserver" { servers.append(String(words[1])) }
    }
    return servers
  }
}

extension NetworkFingerprint {
  /// The fingerprint of the network that this machine is in now. Blocks for some milliseconds: it asks the kernel, and reads a
  /// file.
  ///
  /// - Returns: nil where the system doesn't say how the network stands, and where no default route leads anywhere.
  package static func current() -> NetworkFingerprint? {
    guard let view = NetworkSurvey.take(), !view.routes.isEmpty else { return nil }
    return NetworkFingerprint(view, resolvers: Resolvers.configured())
  }
}
