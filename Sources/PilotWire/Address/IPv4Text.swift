/// Dotted-decimal IPv4 addresses.
enum IPv4Text {
  /// `a.b.c.d` of an address in host order.
  static func format(_ address: UInt32) -> String {
    "\(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).\(address & 255)"
  }

  /// The address in host order, or nil unless the text is four canonical decimal numbers from 0 to 255.
  static func parse(_ text: some Collection<UInt8>) -> UInt32? {
    let parts = text.split(separator: UInt8(ascii: "."), maxSplits: 4, omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var address: UInt32 = 0
    for part in parts {
      guard let octet = Decimal.parse(part, as: UInt8.self) else { return nil }
      address = address << 8 | UInt32(octet)
    }
    return address
  }
}
