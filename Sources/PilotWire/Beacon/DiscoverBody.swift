/// What ``Discover`` and ``DiscoverEx`` have in common: `type:1 · node:4 · [public key:32]`.
enum DiscoverBody {
  private static let headerLength = 5

  static func parse(
    _ frame: RawSpan, as type: BeaconMessageType
  ) throws(WireError) -> (NodeID?, PublicKey?) {
    try type.check(frame, minimumLength: headerLength)
    let node = NodeID(frame.bigEndian(at: 1, as: UInt32.self))
    let hasKey = frame.byteCount >= headerLength + PublicKey.byteCount
    return (node, hasKey ? PublicKey(in: frame, at: headerLength) : nil)
  }

  static func length(_ publicKey: PublicKey?) -> Int {
    headerLength + (publicKey == nil ? 0 : PublicKey.byteCount)
  }

  @_lifetime(output: copy output)
  static func append(
    _ type: BeaconMessageType, _ node: NodeID?, _ publicKey: PublicKey?, to output: inout OutputRawSpan
  ) {
    output.append(type.rawValue)
    output.append(bigEndian: node?.rawValue ?? 0)
    publicKey?.append(to: &output)
  }
}
