/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same seed, everywhere.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// Uniform in 0..<1.
  mutating func fraction() -> Double { Double.random(in: 0..<1, using: &self) }

  /// Whether something with this chance happens.
  mutating func chance(_ probability: Double) -> Bool { fraction() < probability }
}

/// Seeds of random sequences: some that stay, where seeds that once failed are kept, and new ones in each run. A failure
/// names the seed as the test's argument.
enum Seeds {
  static let all: [UInt64] = Array(1...20) + (0..<20).map { _ in UInt64.random(in: 1_000...UInt64.max) }
}
