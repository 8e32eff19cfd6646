import NIOSSL
import PilotTransport
import PilotWire

extension NIOSSLCertificate {
  /// The hosts among the subject's alternative names (RFC 5280, section 4.2.1.6): names without wildcards, and addresses.
  var namedHosts: [String] {
    alternativeNames { BeaconName(host: String(decoding: $0, as: UTF8.self), port: 1)?.host }
  }

  /// Names and addresses as they stand there, which may be anything.
  var claimedHosts: [String] {
    alternativeNames { String(decoding: $0, as: UTF8.self) }
  }

  /// Whether one of the subject's alternative names is this host: a name, of which a wildcard may stand for the first label, or
  /// an address (RFC 9525, section 6.3). A name is never shown by an address: who directs a name to a machine of his own can have a
  /// certificate for that.
  ///
  /// - Parameter host: A name without a dot at its end, or an address without a zone.
  func isFor(_ host: String) -> Bool {
    let address = try? Endpoint(address: host, port: 0)
    return _subjectAlternativeNames().contains { name in
      switch name.nameType {
      case .dnsName: address == nil && Self.matches(String(decoding: name.contents, as: UTF8.self), host)
      case .ipAddress: address != nil && Endpoint(addressBytes: Array(name.contents)) == address
      default: false
      }
    }
  }

  private static func matches(_ pattern: String, _ host: String) -> Bool {
    let (pattern, host) = (pattern.lowercased(), host.lowercased())
    if pattern == host { return true }
    guard pattern.hasPrefix("*."), let dot = host.firstIndex(of: "."), dot != host.startIndex else { return false }
    return host[dot...] == pattern.dropFirst()
  }

  private func alternativeNames(_ read: ([UInt8]) -> String?) -> [String] {
    _subjectAlternativeNames().compactMap { name in
      let bytes = Array(name.contents)
      switch name.nameType {
      case .dnsName: return read(bytes)
      case .ipAddress: return Endpoint(addressBytes: bytes)?.addressText
      default: return nil
      }
    }
  }
}

extension Endpoint {
  /// The address that so many bytes stand for, 4 or 16, at port 0.
  fileprivate init?(addressBytes bytes: [UInt8]) {
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    let words = [bytes.prefix(8), bytes.dropFirst(8)].map { $0.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
    if bytes.count == 4 {
      self.init(ipv4Address: UInt32(truncatingIfNeeded: words[0]), port: 0)
    } else {
      self.init(high: words[0], low: words[1], port: 0)
    }
  }
}
