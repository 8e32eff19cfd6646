extension PilotAddress: CustomStringConvertible {
  /// `N:NNNN.HHHH.LLLL`: the network in decimal, again in hex, and the node as two groups of hex digits, in upper case.
  public var description: String {
    "\(network):\(Self.group(network)).\(Self.group(UInt16(node >> 16))).\(Self.group(UInt16(node & 0xFFFF)))"
  }

  /// Reads `N:NNNN.HHHH.LLLL`, hex digits in either case; nil for any other text, also when the two forms of the network
  /// differ.
  public init?(parsing text: some StringProtocol) {
    let bytes = text.utf8
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
      let network = Decimal.parse(bytes[..<colon], as: UInt16.self)
    else { return nil }
    let groups = bytes[bytes.index(after: colon)...]
      .split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
    guard groups.count == 3,
      let again = Hex.parseGroup(groups[0]), again == network,
      let high = Hex.parseGroup(groups[1]),
      let low = Hex.parseGroup(groups[2])
    else { return nil }
    self.init(network: network, node: UInt32(high) << 16 | UInt32(low))
  }

  private static func group(_ value: UInt16) -> String {
    Hex.padded(String(value, radix: 16, uppercase: true), to: 4)
  }
}
