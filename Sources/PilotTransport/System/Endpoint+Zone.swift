package import PilotWire

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

extension Endpoint {
  /// Reads what ``/PilotWire/Endpoint/init(parsing:)`` reads, and the zone of a link-local address also as people and
  /// programs write it, by the name of this machine's interface: `[fe80::1%eth0]:9001`.
  ///
  /// The number of an interface may be another one after a restart of the machine: so this is for what a person has just
  /// written, and not for what is kept.
  ///
  /// - Throws: `EndpointSyntaxError`; `.unknownInterface` for a name that no interface has.
  package init(parsingWithZone text: some StringProtocol) throws(EndpointSyntaxError) {
    guard text.hasPrefix("["), let close = text.firstIndex(of: "]"), let mark = text[..<close].firstIndex(of: "%")
    else {
      try self.init(parsing: text)
      return
    }
    let zone = text[text.index(after: mark)..<close]
    guard let first = zone.utf8.first, !(0x30...0x39).contains(first) else {
      try self.init(parsing: text)
      return
    }
    guard !zone.utf8.contains(0) else { throw .unknownInterface }
    // SAFETY: if_nametoindex(3) reads the name, a NUL-terminated text for the length of the call.
    let index = unsafe if_nametoindex(String(zone))
    guard index > 0 else { throw .unknownInterface }
    try self.init(parsing: "\(text[...mark])\(index)\(text[close...])")
  }
}
