/// Numbers that look like no pattern and are the same in every run: xorshift64 (Marsaglia 2003). Four instructions each, and
/// good for nothing that has to be unpredictable.
package struct Xorshift64: RandomNumberGenerator, Sendable {
  private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

  package init() {}

  package mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}
