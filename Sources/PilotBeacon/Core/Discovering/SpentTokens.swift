internal import PilotWire

/// The tokens of challenges whose answer has been verified, so that none costs a second verification.
///
/// Sets of 4 halves of tokens; a full set gives up the oldest. Only who received a challenge knows its token, and challenges
/// are limited: nobody can push out another's for long, and a token that was pushed out costs one verification more, which the
/// budget for these bounds.
struct SpentTokens: Sendable {
  static let capacity = 4_096
  private static let ways = 4

  private var halves = [UInt64](repeating: 0, count: SpentTokens.capacity)
  private var next = [UInt8](repeating: 0, count: SpentTokens.capacity / SpentTokens.ways)

  func contains(_ token: ChallengeToken) -> Bool {
    let set = Self.set(of: token)
    return halves[set * Self.ways..<(set + 1) * Self.ways].contains(token.low)
  }

  mutating func insert(_ token: ChallengeToken) {
    let set = Self.set(of: token)
    halves[set * Self.ways + Int(next[set])] = token.low
    next[set] = (next[set] + 1) % UInt8(Self.ways)
  }

  /// Tokens are as good as random to everybody but the beacon.
  private static func set(of token: ChallengeToken) -> Int {
    Int(token.high % UInt64(capacity / ways))
  }
}
