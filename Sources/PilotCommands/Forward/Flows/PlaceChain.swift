/// The neighbours of places in lists of them: any number of lists, each place in one of them at most. Without allocating, but for
/// places that are new.
struct PlaceLinks: Sendable {
  private struct Link: Sendable {
    var previous = PlaceChain.none
    var next = PlaceChain.none
  }

  private var links: [Link] = []

  /// Adds a place, in no list: its number is how many there were.
  mutating func addPlace() { links.append(Link()) }

  /// Puts a place, which is in no list, behind all others of one.
  mutating func append(_ place: Int32, to chain: inout PlaceChain) {
    links[Int(place)] = Link(previous: chain.last)
    if chain.last == PlaceChain.none { chain.first = place } else { links[Int(chain.last)].next = place }
    chain.last = place
  }

  /// Takes a place out of the list that it is in.
  mutating func remove(_ place: Int32, from chain: inout PlaceChain) {
    let link = links[Int(place)]
    if link.previous == PlaceChain.none { chain.first = link.next } else { links[Int(link.previous)].next = link.next }
    if link.next == PlaceChain.none {
      chain.last = link.previous
    } else {
      links[Int(link.next)].previous = link.previous
    }
    links[Int(place)] = Link()
  }
}

/// The ends of one list of places.
struct PlaceChain: Sendable {
  /// Stands where there is no place.
  static let none: Int32 = -1

  fileprivate(set) var first = none
  fileprivate(set) var last = none

  var isEmpty: Bool { first == Self.none }
}
