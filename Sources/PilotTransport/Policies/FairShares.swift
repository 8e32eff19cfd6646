/// Who holds which of a bounded number of slots, and whose goes when there is none left: the oldest of the owner that holds most,
/// and of several that hold as many, of the one that has done so for longest. So who takes slots without end takes them from
/// himself. Whether there is one left is for the user to say, and which are free.
///
/// A slot is a number from 0, and has one owner at most. Each call takes the same few steps however many owners and slots there
/// are, and none allocates once there have been as many of both. The same calls have the same results.
package struct FairShares<Owner: Hashable & Sendable>: Sendable {
  private var numbers: [Owner: Int32] = [:]
  /// The owner and the holding of each number.
  private var owners: [Owner?] = []
  private var holdings: [Holding] = []
  private var freeNumbers: [Int32] = []
  /// The number of each slot's owner.
  private var numberOfSlot: [Int32] = []
  private var slotLinks = SlotLinks()
  /// The owners that hold so many, by that count; nobody holds none.
  private var numbersByCount: [SlotLinks.List] = [SlotLinks.List()]
  private var numberLinks = SlotLinks()

  /// How many slots the owner holds that holds most.
  package private(set) var largestCount = 0

  /// Nobody holds any.
  package init() {}

  /// How many slots an owner holds.
  package func count(of owner: Owner) -> Int { numbers[owner].map { holdings[Int($0)].count } ?? 0 }

  /// Whose a slot is; nil if it is nobody's.
  package func owner(of slot: Int32) -> Owner? { number(of: slot).flatMap { owners[Int($0)] } }

  /// Which of an owner's slots it has taken or used longest ago; nil if it has none.
  package func oldest(of owner: Owner) -> Int32? { numbers[owner].map { holdings[Int($0)].slots.first } }

  /// Which slot has to be given up for the sake of another owner's; nil if nobody holds any.
  package var oldestOfLargest: Int32? {
    guard largestCount > 0 else { return nil }
    return holdings[Int(numbersByCount[largestCount].first)].slots.first
  }

  /// An owner takes a slot, which nobody has.
  package mutating func take(_ slot: Int32, for owner: Owner) {
    let number = numbers[owner] ?? add(owner)
    while numberOfSlot.count <= Int(slot) { numberOfSlot.append(SlotLinks.none) }
    numberOfSlot[Int(slot)] = number
    slotLinks.append(slot, to: &holdings[Int(number)].slots)
    count(number, by: 1)
  }

  /// A slot is used: it is its owner's newest, if it has one.
  package mutating func use(_ slot: Int32) {
    guard let number = number(of: slot) else { return }
    slotLinks.remove(slot, from: &holdings[Int(number)].slots)
    slotLinks.append(slot, to: &holdings[Int(number)].slots)
  }

  /// A slot is nobody's any more. An owner without any is forgotten.
  package mutating func giveUp(_ slot: Int32) {
    guard let number = number(of: slot) else { return }
    numberOfSlot[Int(slot)] = SlotLinks.none
    slotLinks.remove(slot, from: &holdings[Int(number)].slots)
    count(number, by: -1)
  }

  private func number(of slot: Int32) -> Int32? {
    guard numberOfSlot.indices.contains(Int(slot)), numberOfSlot[Int(slot)] != SlotLinks.none else { return nil }
    return numberOfSlot[Int(slot)]
  }

  private mutating func add(_ owner: Owner) -> Int32 {
    let number: Int32
    if let free = freeNumbers.popLast() {
      number = free
      owners[Int(number)] = owner
    } else {
      number = Int32(owners.count)
      owners.append(owner)
      holdings.append(Holding())
    }
    numbers[owner] = number
    return number
  }

  private mutating func count(_ number: Int32, by change: Int) {
    let before = holdings[Int(number)].count
    let after = before + change
    holdings[Int(number)].count = after
    if before > 0 { numberLinks.remove(number, from: &numbersByCount[before]) }
    if after > 0 {
      if numbersByCount.count <= after { numbersByCount.append(SlotLinks.List()) }
      numberLinks.append(number, to: &numbersByCount[after])
    } else if let owner = owners[Int(number)] {
      numbers[owner] = nil
      owners[Int(number)] = nil
      freeNumbers.append(number)
    }
    // An owner goes from one count to the next: where the largest has none left, the one below has this owner.
    largestCount = max(largestCount, after)
    if numbersByCount[largestCount].isEmpty { largestCount = after }
  }
}

/// What an owner holds. Outside of the generic type, so that a slot can be used without knowing what owners are.
private struct Holding: Sendable, BitwiseCopyable {
  var count = 0
  /// The oldest first.
  var slots = SlotLinks.List()
}
