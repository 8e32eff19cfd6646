import PilotWire

/// Hosts that are reached without a proxy, as `no_proxy` lists them: what curl reads in it and what Go does, since there is no
/// standard.
///
/// | entry | stands for |
/// | --- | --- |
/// | `*` | every host |
/// | `example.com`, `.example.com`, `*.example.com` | that name, and all that end with it behind a dot |
/// | `192.0.2.1`, `2001:db8::1`, `[2001:db8::1]` | that address |
/// | `192.0.2.0/24`, `2001:db8::/32` | addresses that begin like it |
/// | `example.com:8443`, `192.0.2.1:443`, `[2001:db8::1]:443` | the same at that port alone |
///
/// Commas or white space stand between entries. Letters count alike, small or capital, and so do names with and without the
/// dot of the root. A name isn't looked up: an address in the list matches hosts that are given as addresses. What can't be read
/// is passed over. This machine itself (`localhost`, 127.0.0.0/8, ::1) is never reached through a proxy, with a list or without.
public struct NoProxy: Sendable, Hashable {
  /// The most entries that count.
  public static let limit = 1_024

  private enum Pattern: Sendable, Hashable {
    case everything
    case name(String)
    case block(CIDRBlock)
  }

  private struct Entry: Sendable, Hashable {
    let text: String
    let pattern: Pattern
    let port: Int?
  }

  private let entries: [Entry]
  /// How many entries of the list don't count, since they stand behind the first 1,024.
  public let leftOut: Int

  /// None but this machine.
  public init() { (entries, leftOut) = ([], 0) }

  /// Reads a list.
  public init(parsing text: String) {
    let separated = text.split { $0 == "," || $0.isWhitespace }
    entries = separated.prefix(Self.limit).compactMap(Self.entry)
    leftOut = max(0, separated.count - Self.limit)
  }

  /// The entry that a host and port are in, as it is written; nil if they are in none.
  ///
  /// - Parameters:
  ///   - host: A name or an IP address, IPv6 without brackets.
  ///   - port: The TCP port.
  public func entry(for host: String, port: Int) -> String? {
    let subject = Self.subject(host)
    return entries.first { entry in
      if let only = entry.port, only != port { return false }
      switch (entry.pattern, subject) {
      case (.everything, _): return true
      case (.name(let name), .name(let host)): return host == name || host.hasSuffix("." + name)
      case (.block(let block), .block(let address)): return block.contains(address.base)
      case (.name, _), (.block, _): return false
      }
    }?.text
  }

  /// Whether a host is this machine.
  static func isLoopback(_ host: String) -> Bool {
    switch subject(host) {
    case .name(let name): name == "localhost" || name.hasSuffix(".localhost")
    case .block(let address):
      address.base.ipv4Address.map { $0 >> 24 == 127 } ?? (address.base.high == 0 && address.base.low == 1)
    case .everything: false
    }
  }

  /// What a host is held against the entries as. The zone of an address is this machine's own affair.
  private static func subject(_ host: String) -> Pattern {
    let bare = host.prefix { $0 != "%" }
    if let address = try? CIDRBlock(parsing: bare) { return .block(address) }
    return .name(plain(bare))
  }

  private static func entry(_ text: Substring) -> Entry? {
    let whole = String(text)
    if text == "*" { return Entry(text: whole, pattern: .everything, port: nil) }
    if let block = block(text) { return Entry(text: whole, pattern: .block(block), port: nil) }
    var host = text
    var port: Int?
    if let colon = text.lastIndex(of: ":") {
      guard let number = number(text[text.index(after: colon)...]), (1...65_535).contains(number) else { return nil }
      host = text[..<colon]
      port = number
    }
    if let address = block(host), !host.contains("/") {
      // Without brackets the last group of an IPv6 address would be taken for a port.
      guard !host.contains(":") || host.hasPrefix("[") else { return nil }
      return Entry(text: whole, pattern: .block(address), port: port)
    }
    if host == "*" { return Entry(text: whole, pattern: .everything, port: port) }
    if host.hasPrefix("*.") { host = host.dropFirst(2) } else if host.hasPrefix(".") { host = host.dropFirst() }
    let name = plain(host)
    guard !name.isEmpty, !name.hasPrefix("."), name.utf8.allSatisfy(isNameCharacter) else { return nil }
    return Entry(text: whole, pattern: .name(name), port: port)
  }

  /// Reads an address or a block. One with bits set behind its prefix is the block that they are in, as curl and Go have it.
  private static func block(_ text: Substring) -> CIDRBlock? {
    let slash = text.firstIndex(of: "/") ?? text.endIndex
    var address = text[..<slash]
    if address.hasPrefix("["), address.hasSuffix("]") { address = address.dropFirst().dropLast() }
    if let block = try? CIDRBlock(parsing: "\(address)\(text[slash...])") { return block }
    guard slash < text.endIndex, let base = try? CIDRBlock(parsing: address).base,
      let length = number(text[text.index(after: slash)...])
    else { return nil }
    return try? CIDRBlock(parsing: "\(cut(base, after: length).addressText)/\(length)")
  }

  private static func number(_ digits: Substring) -> Int? {
    guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int(digits)
  }

  private static func cut(_ address: Endpoint, after length: Int) -> Endpoint {
    if let ipv4 = address.ipv4Address { return Endpoint(ipv4Address: ipv4 & ~(UInt32.max >> length), port: 0) }
    return Endpoint(
      high: address.high & ~(UInt64.max >> length), low: address.low & ~(UInt64.max >> max(0, length - 64)), port: 0)
  }

  /// Small letters, without the dot of the root.
  private static func plain(_ name: Substring) -> String {
    let name = name.lowercased()
    return name.hasSuffix(".") ? String(name.dropLast()) : name
  }

  private static func isNameCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
    default: false
    }
  }
}
