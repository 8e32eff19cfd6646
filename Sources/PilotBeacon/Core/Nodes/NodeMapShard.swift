/// One shard of a ``NodeMap``: linear probing, with removal by shifting back, so that no tombstones pile up.
///
/// Key 0 marks an empty slot: no node has it. At most seven of ten slots are taken. Keys and values lie apart, at the same
/// index: the processor fetches both at once, and a search that fails touches no value. With 500,000 nodes, a lookup costs
/// what these two fetches from main memory cost.
struct NodeMapShard<Value: BitwiseCopyable & Sendable>: Sendable {
  private(set) var keys: [UInt32] = []
  var values: [Value] = []
  private var count = 0
  /// The number of slots, kept here so that a lookup doesn't wait for an array's header.
  private var slotCount = 0

  /// The slot of `key`, or nil.
  @inline(__always)
  func find(_ key: UInt32, hash: UInt64) -> Int? {
    guard slotCount > 0 else { return nil }
    var slot = home(hash)
    while true {
      let found = keys[slot]
      if found == key { return slot }
      if found == 0 { return nil }
      slot = next(slot)
    }
  }

  /// What is in the slot that a search looks at first, whosever it is.
  func peek(hash: UInt64) -> (key: UInt32, value: Value)? {
    guard slotCount > 0 else { return nil }
    let slot = home(hash)
    return (keys[slot], values[slot])
  }

  /// Adds an entry for a key that has none.
  mutating func insert(_ key: UInt32, _ value: Value, hash: UInt64, using hasher: KeyedHash) {
    if 10 * (count + 1) > 7 * slotCount { resize(to: max(8, slotCount * 3 / 2), filler: value, using: hasher) }
    place(key, value, hash: hash)
    count += 1
  }

  /// Empties a slot, and moves those back that it had pushed away from their home.
  mutating func remove(at slot: Int, using hasher: KeyedHash) {
    var hole = slot
    var candidate = next(slot)
    while keys[candidate] != 0 {
      let home = home(hasher(keys[candidate]))
      if distance(from: home, to: candidate) >= distance(from: hole, to: candidate) {
        keys[hole] = keys[candidate]
        values[hole] = values[candidate]
        hole = candidate
      }
      candidate = next(candidate)
    }
    keys[hole] = 0
    count -= 1
  }

  /// Gives back what it needs no more, if that is at least half of its slots: so few entries must be left that it doesn't grow
  /// again for the next one.
  ///
  /// - Returns: Whether it did, which takes a look at each slot.
  mutating func shrink(using hasher: KeyedHash) -> Bool {
    guard 4 * count < slotCount, slotCount > 8 || count == 0 else { return false }
    guard let filler = keys.firstIndex(where: { $0 != 0 }).map({ values[$0] }) else {
      self = NodeMapShard()
      return true
    }
    resize(to: max(8, 2 * count), filler: filler, using: hasher)
    return true
  }

  private mutating func resize(to slots: Int, filler: Value, using hasher: KeyedHash) {
    let old = self
    slotCount = slots
    keys = Array(repeating: 0, count: slotCount)
    values = Array(repeating: filler, count: slotCount)
    for slot in old.keys.indices where old.keys[slot] != 0 {
      place(old.keys[slot], old.values[slot], hash: hasher(old.keys[slot]))
    }
  }

  private mutating func place(_ key: UInt32, _ value: Value, hash: UInt64) {
    var slot = home(hash)
    while keys[slot] != 0 { slot = next(slot) }
    keys[slot] = key
    values[slot] = value
  }

  /// The lower half of the hash, scaled to the number of slots (Lemire 2019). The upper bits have chosen the shard.
  private func home(_ hash: UInt64) -> Int {
    Int(truncatingIfNeeded: ((hash & 0xFFFF_FFFF) &* UInt64(truncatingIfNeeded: slotCount)) >> 32)
  }

  private func next(_ slot: Int) -> Int {
    slot + 1 == slotCount ? 0 : slot + 1
  }

  private func distance(from: Int, to: Int) -> Int {
    to >= from ? to - from : to + slotCount - from
  }
}
