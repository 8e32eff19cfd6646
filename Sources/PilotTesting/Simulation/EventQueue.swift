import PilotTransport

/// What will happen, the earliest first, and in the order of entry where it happens at the same time: a binary heap.
///
/// The heap has plain numbers only, which are cheap to move; the elements stay where they were put.
struct EventQueue<Element: Sendable>: Sendable {
  private struct Entry: Sendable, BitwiseCopyable {
    let time: UInt64
    let number: UInt64
    let slot: Int

    func precedes(_ other: Entry) -> Bool {
      time == other.time ? number < other.number : time < other.time
    }
  }

  private var heap: [Entry] = []
  private var slots: [Element?] = []
  private var freeSlots: [Int] = []
  private var lastNumber: UInt64 = 0

  /// When the first one is due.
  var first: MonotonicInstant? { heap.first.map { MonotonicInstant(nanoseconds: $0.time) } }

  mutating func insert(_ element: Element, at time: MonotonicInstant) {
    lastNumber += 1
    heap.append(Entry(time: time.nanoseconds, number: lastNumber, slot: store(element)))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].precedes(heap[parent]) else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  mutating func removeFirst() -> Element? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink()
    }
    freeSlots.append(first.slot)
    return slots[first.slot].take()
  }

  private mutating func store(_ element: Element) -> Int {
    guard let slot = freeSlots.popLast() else {
      slots.append(element)
      return slots.count - 1
    }
    slots[slot] = element
    return slot
  }

  private mutating func sink() {
    var parent = 0
    while 2 * parent + 1 < heap.count {
      var child = 2 * parent + 1
      if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
      guard heap[child].precedes(heap[parent]) else { break }
      heap.swapAt(child, parent)
      parent = child
    }
  }
}
