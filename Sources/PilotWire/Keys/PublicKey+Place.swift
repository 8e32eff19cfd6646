extension PublicKey {
  /// The key's place among so many beacons, from 0 on: its FNV-1a hash modulo their number, by which deployed nodes choose one of theirs.
  /// Nodes spread over beacons by that, and each comes to the same one again as long as the list is the same.
  ///
  /// - Parameter count: How many there are; less than 1 counts as 1.
  public func place(among count: Int) -> Int {
    Int(withBytes { FNV1a.hash($0) } % UInt32(clamping: max(count, 1)))
  }
}

/// FNV-1a with 32 bits (draft-eastlake-fnv): whoever chooses what is hashed chooses its hash, so it spreads and protects nothing.
package enum FNV1a {
  private static let basis: UInt32 = 0x811C_9DC5
  private static let prime: UInt32 = 0x0100_0193

  /// The hash of some bytes.
  package static func hash(_ bytes: RawSpan) -> UInt32 {
    var hash = basis
    for offset in 0..<bytes.byteCount { hash = (hash ^ UInt32(bytes.byte(at: offset))) &* prime }
    return hash
  }
}
