internal import PilotWire

/// Some of the nodes that are attached to a beacon, as it makes them known: always those that its hash puts together, so that one who
/// comes or goes changes only these.
///
/// `1:1 · number of proven nodes:2 · proven nodes · other nodes`, each node 4 bytes, both sorted.
package struct PresenceBucket: Equatable, Sendable {
  /// How many buckets a beacon's nodes are in: of 500,000 there are 122 in each, half a kilobyte.
  package static let count = 4_096
  /// The most nodes of a bucket.
  static let capacity = 4_096
  private static let version: UInt8 = 1

  /// Those that have authenticated.
  private(set) var proven: [UInt32] = []
  /// Those that can't.
  private(set) var others: [UInt32] = []

  init() {}

  /// Whether nobody is in it.
  package var isEmpty: Bool { proven.isEmpty && others.isEmpty }
  /// How many are in it.
  package var count: Int { proven.count + others.count }

  /// What follows from ``put(_:isProven:)``.
  enum OnPut: Equatable {
    case unchanged
    /// Whether the node has authenticated, or had.
    case changed(isProven: Bool)
    case noRoom
  }

  /// A node has come, gone, or proven who it is.
  ///
  /// - Parameter isProven: Whether it has authenticated; nil if it is gone.
  mutating func put(_ node: NodeID, isProven: Bool?) -> OnPut {
    let (wasProven, wasOther) = (Self.remove(node.rawValue, from: &proven), Self.remove(node.rawValue, from: &others))
    guard let isProven else { return wasProven || wasOther ? .changed(isProven: wasProven) : .unchanged }
    guard count < Self.capacity else { return .noRoom }
    if isProven { Self.insert(node.rawValue, into: &proven) } else { Self.insert(node.rawValue, into: &others) }
    return (isProven ? wasProven : wasOther) ? .unchanged : .changed(isProven: isProven || wasProven)
  }

  private static func remove(_ node: UInt32, from nodes: inout [UInt32]) -> Bool {
    let place = nodes.sortedPlace(of: node)
    guard place < nodes.count, nodes[place] == node else { return false }
    nodes.remove(at: place)
    return true
  }

  private static func insert(_ node: UInt32, into nodes: inout [UInt32]) {
    nodes.insert(node, at: nodes.sortedPlace(of: node))
  }

  /// The length of what it is made known as, in bytes.
  var encodedLength: Int { 3 + 4 * count }

  /// What it is made known as.
  package var encoded: [UInt8] {
    [UInt8](rawCapacity: encodedLength) { output in
      output.append(Self.version)
      output.append(bigEndian: UInt16(proven.count))
      for node in proven { output.append(bigEndian: node) }
      for node in others { output.append(bigEndian: node) }
    }
  }

  /// Reads what a beacon has made known; nil if that isn't understood.
  package init?(_ bytes: [UInt8]) {
    let raw = bytes.span.raw
    guard raw.byteCount >= 3, raw.byte(at: 0) == Self.version, raw.byteCount % 4 == 3 else { return nil }
    let (all, provenCount) = ((raw.byteCount - 3) / 4, Int(raw.bigEndian(at: 1, as: UInt16.self)))
    guard all <= Self.capacity, provenCount <= all else { return nil }
    var nodes: [UInt32] = []
    nodes.reserveCapacity(all)
    for place in 0..<all { nodes.append(raw.bigEndian(at: 3 + 4 * place)) }
    (proven, others) = (Array(nodes.prefix(provenCount)), Array(nodes.dropFirst(provenCount)))
    guard proven.isAscendingWithoutZero, others.isAscendingWithoutZero else { return nil }
    // Nobody is in it twice.
    guard proven.missing(from: others).count == provenCount else { return nil }
  }

  /// Who isn't in it any more, and who is in it anew or otherwise than before.
  func changes(since before: PresenceBucket) -> (gone: [NodeID], come: [(node: NodeID, isProven: Bool)]) {
    let left = before.proven.missing(from: proven) + before.others.missing(from: others)
    let come =
      proven.missing(from: before.proven).map { ($0, true) } + others.missing(from: before.others).map { ($0, false) }
    let here = Set(come.map(\.0))
    return (
      left.filter { !here.contains($0) }.compactMap { NodeID($0) },
      come.compactMap { number, isProven in NodeID(number).map { ($0, isProven) } }
    )
  }

  /// Calls a closure with each node.
  func forEach(_ body: (NodeID, Bool) -> Void) {
    for node in proven { NodeID(node).map { body($0, true) } }
    for node in others { NodeID(node).map { body($0, false) } }
  }
}

extension [UInt32] {
  fileprivate var isAscendingWithoutZero: Bool {
    first != 0 && zip(self, dropFirst()).allSatisfy { $0 < $1 }
  }

  /// Where a number is in sorted ones, or would be.
  fileprivate func sortedPlace(of number: UInt32) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < number { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Those that aren't among others; both are sorted.
  fileprivate func missing(from others: [UInt32]) -> [UInt32] {
    var missing: [UInt32] = []
    var place = 0
    for number in self {
      while place < others.count, others[place] < number { place += 1 }
      if place == others.count || others[place] != number { missing.append(number) }
    }
    return missing
  }
}
