/// Which paths carry what is sent, in one word that senders load: at most two, and 0 in the case that costs nothing to look at,
/// the first path alone, at its beacon's first address.
struct CarriageWord: Sendable, Equatable {
  let word: Int

  private static let mark = 1 << 32

  /// The first path alone, at its first address.
  static let plain = CarriageWord(word: 0)

  init(word: Int) { self.word = word }

  /// - Parameter isPlain: Whether the first path's beacon is at its first address.
  init(_ carriage: Carriage, isPlain: Bool) {
    switch carriage {
    case .none: word = Self.mark
    case .one(let path) where path.index == 0 && isPlain: word = 0
    case .one(let path): word = Self.mark | path.index + 1
    case .both(let first, let second): word = Self.mark | first.index + 1 | (second.index + 1) << 16
    }
  }

  /// The active path's number; nil if there is none.
  var first: Int? {
    if word == 0 { return 0 }
    let number = word & 0xFFFF
    return number == 0 ? nil : number - 1
  }

  /// That of the one which carries as well.
  var second: Int? {
    let number = word >> 16 & 0xFFFF
    return number == 0 ? nil : number - 1
  }
}
