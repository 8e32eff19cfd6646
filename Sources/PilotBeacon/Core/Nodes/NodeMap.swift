/// A map from node IDs to plain values: open addressing in many small shards.
///
/// An insertion does a bounded amount of work: what grows is one shard, of about 2,000 entries, never the whole. A walk that
/// removes gives back the memory of shards that it leaves nearly empty. There is no iteration order to depend on: cursors walk the slots, whose layout follows from the seed and the history alone.
struct NodeMap<Value: BitwiseCopyable & Sendable>: ~Copyable, Sendable {
  /// Where an entry lies, until the next insertion or removal.
  struct Position: Equatable {
    fileprivate let shard: Int
    fileprivate let slot: Int
  }

  /// Where a walk over all slots goes on. Any value is valid at any time.
  struct Cursor: Equatable {
    fileprivate var shard = 0
    fileprivate var slot = 0
  }

  private let hash: KeyedHash
  private let shardShift: UInt64
  private var shards: [NodeMapShard<Value>]
  private(set) var count = 0
  /// Slots that walks have given back, since the map was made.
  private(set) var slotsGivenBack = 0

  /// An empty map.
  ///
  /// - Parameters:
  ///   - expectedCount: how many entries it is laid out for. More are possible, at a growing cost of growth.
  ///   - seed: unknown to whoever chooses the keys.
  init(expectedCount: Int, seed: UInt64) {
    let wanted = min(max(1, expectedCount / 2048), 1 << 16)
    let bits = Int.bitWidth - (wanted - 1).leadingZeroBitCount
    hash = KeyedHash(seed: seed)
    shardShift = UInt64(64 - bits)
    shards = Array(repeating: NodeMapShard(), count: 1 << bits)
  }

  @inline(__always)
  func find(_ key: UInt32) -> Position? {
    let hashed = hash(key)
    let shard = shardIndex(hashed)
    guard let slot = shards[shard].find(key, hash: hashed) else { return nil }
    return Position(shard: shard, slot: slot)
  }

  /// What ``find(_:)`` would look at first, whosever it is.
  func peek(_ key: UInt32) -> (key: UInt32, value: Value)? {
    let hashed = hash(key)
    return shards[shardIndex(hashed)].peek(hash: hashed)
  }

  subscript(position: Position) -> Value {
    get { shards[position.shard].values[position.slot] }
    _modify { yield &shards[position.shard].values[position.slot] }
  }

  func key(at position: Position) -> UInt32 {
    shards[position.shard].keys[position.slot]
  }

  /// Adds an entry for a key that has none.
  mutating func insert(_ key: UInt32, _ value: Value) {
    let hashed = hash(key)
    shards[shardIndex(hashed)].insert(key, value, hash: hashed, using: hash)
    count += 1
  }

  mutating func remove(at position: Position) {
    shards[position.shard].remove(at: position.slot, using: hash)
    count -= 1
  }

  /// The next entry behind `cursor`, which starts over at the end, or nil if the next `budget` slots are empty.
  ///
  /// - Parameter budget: how many slots may still be looked at; counted down.
  func next(_ cursor: inout Cursor, budget: inout Int) -> Position? {
    while budget > 0 {
      budget -= 1
      guard cursor.slot < shards[cursor.shard].keys.count else {
        cursor.shard = cursor.shard + 1 == shards.count ? 0 : cursor.shard + 1
        cursor.slot = 0
        continue
      }
      let slot = cursor.slot
      cursor.slot += 1
      if shards[cursor.shard].keys[slot] != 0 { return Position(shard: cursor.shard, slot: slot) }
    }
    return nil
  }

  /// As ``next(_:budget:)``, and gives back what the shards that it comes to the end of have too much of. That is another look at
  /// each of their slots, which are counted against the budget, too: the last one may exceed it.
  mutating func nextTrimming(_ cursor: inout Cursor, budget: inout Int) -> Position? {
    while true {
      // To the end of the shard, then trimmed: the walk goes on with the next one in any case.
      let rest = shards[cursor.shard].keys.count - cursor.slot
      var within = max(0, min(budget, rest))
      let allowed = within
      let found = next(&cursor, budget: &within)
      budget -= allowed - within
      if let found { return found }
      guard budget > 0 else { return nil }
      let slots = shards[cursor.shard].keys.count
      if shards[cursor.shard].shrink(using: hash) {
        budget -= slots
        slotsGivenBack += slots - shards[cursor.shard].keys.count
      }
      cursor.shard = cursor.shard + 1 == shards.count ? 0 : cursor.shard + 1
      cursor.slot = 0
      budget -= 1
    }
  }

  /// How many shards there are, for good.
  var shardCount: Int { shards.count }

  /// Looks at each entry of a shard, once. Whoever looks at all shards sees each entry that is there all the time.
  func forEach(inShard shard: Int, _ body: (UInt32, Value) -> Void) {
    let shard = shards[shard]
    for slot in shard.keys.indices where shard.keys[slot] != 0 { body(shard.keys[slot], shard.values[slot]) }
  }

  /// How many slots there are in all, taken or not.
  var slotCount: Int { shards.reduce(0) { $0 + $1.keys.count } }

  /// Removes the entry that `next` has just returned, so that the walk goes on with what moves into its slot.
  mutating func remove(at position: Position, behind cursor: inout Cursor) {
    remove(at: position)
    cursor.slot = position.slot
  }

  @inline(__always)
  private func shardIndex(_ hashed: UInt64) -> Int {
    // A shift by 64, for a single shard, gives 0 with the smart shift.
    Int(truncatingIfNeeded: hashed >> shardShift)
  }
}
