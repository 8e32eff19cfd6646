/// Doubly linked lists over the slots of other arrays: each slot is in one list at most, and is taken out of anywhere at once.
struct SlotLinks: Sendable {
  /// Slots in the order in which they came.
  struct List: Sendable, BitwiseCopyable {
    fileprivate(set) var first: Int32 = -1
    fileprivate var last: Int32 = -1

    var isEmpty: Bool { first < 0 }
  }

  private struct Link: Sendable, BitwiseCopyable {
    var previous: Int32 = -1
    var next: Int32 = -1
  }

  private var links: [Link] = []

  /// Puts a slot, which is in no list, behind the others.
  mutating func append(_ slot: Int32, to list: inout List) {
    while links.count <= Int(slot) { links.append(Link()) }
    links[Int(slot)] = Link(previous: list.last, next: -1)
    if list.last < 0 { list.first = slot } else { links[Int(list.last)].next = slot }
    list.last = slot
  }

  /// Takes a slot out of the list that it is in.
  mutating func remove(_ slot: Int32, from list: inout List) {
    let link = links[Int(slot)]
    if link.previous < 0 { list.first = link.next } else { links[Int(link.previous)].next = link.next }
    if link.next < 0 { list.last = link.previous } else { links[Int(link.next)].previous = link.previous }
    links[Int(slot)] = Link()
  }
}
