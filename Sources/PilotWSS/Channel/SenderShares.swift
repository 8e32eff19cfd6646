/// How many bytes of each sender wait in one queue, so that who fills it can be told from who only uses it.
///
/// Senders are counted in 64 groups, by a hash with a secret factor (multiply-shift; Dietzfelbinger and others 1997): a
/// fixed size, whoever sends. Nobody can choose an ID that falls into another one's group of a queue, and two that share a
/// group in one queue rarely do in the next.
struct SenderShares {
  /// A group of senders.
  typealias Group = UInt8

  /// How many groups there are, but for ``own``. A power of two.
  static let groups = 64
  /// The group of this end's own frames. They are never the ones that make room for others.
  static let own: Group = 64

  /// The most bytes that can be counted: a little less than 4 GiB.
  static let most = Int(UInt32.max)

  private let factor: UInt64
  /// Of 32 bits each, since every connection has them.
  private var bytes = InlineArray<65, UInt32>(repeating: 0)

  /// - Parameter key: Anything that can't be foreseen.
  init(key: UInt64) {
    factor = key | 1
  }

  /// The group of a sender; of this end itself for 0.
  func group(of sender: UInt32) -> Group {
    sender == 0 ? Self.own : Group(truncatingIfNeeded: (UInt64(sender) &* factor) >> 58)
  }

  mutating func add(_ count: Int, to group: Group) {
    bytes[Int(group)] &+= UInt32(truncatingIfNeeded: count)
  }

  mutating func remove(_ count: Int, from group: Group) {
    bytes[Int(group)] &-= UInt32(truncatingIfNeeded: count)
  }

  mutating func removeAll() {
    bytes = InlineArray(repeating: 0)
  }

  /// The group with most bytes, of which the lowest number counts among equals; nil if nothing but this end's own waits.
  var fullest: Group? {
    var (best, most) = (0, UInt32(0))
    for group in 0..<Self.groups where bytes[group] > most { (best, most) = (group, bytes[group]) }
    return most > 0 ? Group(best) : nil
  }

  /// Whether frames of more than one group wait, this end's own aside.
  var areSeveral: Bool {
    var found = false
    for group in 0..<Self.groups where bytes[group] > 0 {
      if found { return true }
      found = true
    }
    return false
  }
}
