internal import PilotTransport
internal import PilotWire

/// Spreads node IDs over 64 bits in a way that nobody can foresee who doesn't know the seed.
///
/// IDs are chosen by whoever sends a Discover. With a fixed function they could be chosen to fall into one place, and make
/// each lookup a walk through all of them. Two folded multiplications with secret operands, as in aHash's portable form:
/// a few nanoseconds, and no tables.
struct KeyedHash: Equatable, Sendable {
  private let mask: UInt64
  private let factor: UInt64
  private let finalFactor: UInt64

  init(seed: UInt64) {
    // SplitMix64 (Steele, Lea, Flood 2014) makes independent words of one.
    var state = seed
    func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var word = state
      word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
      word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
      return word ^ word >> 31
    }
    mask = next()
    factor = next() | 1
    finalFactor = next() | 1
  }

  @inline(__always)
  func callAsFunction(_ key: UInt32) -> UInt64 {
    Self.fold(Self.fold(UInt64(key) ^ mask, factor), finalFactor)
  }

  /// Of any two words.
  func callAsFunction(_ first: UInt64, _ second: UInt64) -> UInt64 {
    Self.fold(Self.fold(first ^ mask, factor) ^ second, finalFactor)
  }

  /// Of a source.
  func callAsFunction(_ source: SourceKey) -> UInt64 { self(source.high, source.low) }

  /// Of the source that an endpoint belongs to.
  func callAsFunction(addressOf endpoint: Endpoint) -> UInt64 { self(SourceKey(endpoint)) }

  /// Of a whole endpoint.
  func callAsFunction(at endpoint: Endpoint) -> UInt64 {
    self(self(endpoint.high, endpoint.low), UInt64(endpoint.scope) << 16 | UInt64(endpoint.port))
  }

  /// Of a node at an endpoint.
  func callAsFunction(_ node: NodeID, at endpoint: Endpoint) -> UInt64 {
    self(self(endpoint.high, endpoint.low), UInt64(node.rawValue) << 16 | UInt64(endpoint.port))
  }

  private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
  }
}
