/// Doubly linked lists over the slots of other arrays: any number of lists, each slot in one of them at most, and taken out of
/// anywhere at once. A slot is a number from 0. Nothing is allocated but for slots that are new.
package struct SlotLinks: Sendable {
  /// Slots in the order in which they came.
  package struct List: Sendable, BitwiseCopyable {
    /// ``SlotLinks/none`` in an empty list.
    @usableFromInline package var first = SlotLinks.none
    @usableFromInline package var last = SlotLinks.none

    /// Without slots.
    package init() {}

    /// Whether no slot is in it.
    @inlinable package var isEmpty: Bool { first == SlotLinks.none }
  }

  @usableFromInline
  package struct Link: Sendable, BitwiseCopyable {
    @usableFromInline package var previous = SlotLinks.none
    @usableFromInline package var next = SlotLinks.none

    @inlinable
    package init(previous: Int32, next: Int32) { (self.previous, self.next) = (previous, next) }
  }

  /// Stands where there is no slot.
  @inlinable package static var none: Int32 { -1 }

  @usableFromInline package var links: [Link] = []

  /// No slot is in a list.
  package init() {}

  /// Puts a slot, which is in no list, behind the others of one.
  @inlinable
  package mutating func append(_ slot: Int32, to list: inout List) {
    while links.count <= Int(slot) { links.append(Link(previous: Self.none, next: Self.none)) }
    links[Int(slot)] = Link(previous: list.last, next: Self.none)
    if list.last == Self.none { list.first = slot } else { links[Int(list.last)].next = slot }
    list.last = slot
  }

  /// Takes a slot out of the list that it is in.
  @inlinable
  package mutating func remove(_ slot: Int32, from list: inout List) {
    let link = links[Int(slot)]
    if link.previous == Self.none { list.first = link.next } else { links[Int(link.previous)].next = link.next }
    if link.next == Self.none { list.last = link.previous } else { links[Int(link.next)].previous = link.previous }
    links[Int(slot)] = Link(previous: Self.none, next: Self.none)
  }
}
