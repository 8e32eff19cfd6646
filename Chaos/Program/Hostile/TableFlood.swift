import ChaosCore
import PilotWire

/// Registers more invented nodes than the beacon has room for, from several addresses, each of which keeps within what one may
/// register and ask: the table is full, and makes room.
struct TableFlood {
  /// Each with an address of its own.
  let sockets: [HostileSocket]

  /// How many addresses take part: together they may register several times what there is room for.
  static let addresses = 8
  /// The first node of an address; the same ones each time.
  private static func first(_ index: Int) -> UInt32 { Population.invented + 20_000 + UInt32(index) * 2_000 }

  /// Makes an attack.
  ///
  /// - Parameter count: How many nodes, of all addresses together.
  func perform(count: Int) async {
    await withDiscardingTaskGroup { group in
      for (index, socket) in sockets.enumerated() {
        group.addTask {
          for number in 0..<UInt32(count / max(sockets.count, 1)) {
            guard let node = NodeID(Self.first(index) + number) else { continue }
            socket.send(Discover(node: node).encoded())
            if number % 32 == 31 { try? await Task.sleep(for: .milliseconds(5)) }
          }
        }
      }
    }
  }
}

/// Claims nodes that are registered, and don't answer when they are asked: they are the claimant's, but not at once.
struct DeadClaim {
  /// Where they are registered.
  let dead: HostileSocket
  let claimant: HostileSocket

  /// Three questions, a second apart, and a second for the last answer; and what a stopped beacon takes.
  private static let patience: Duration = .seconds(9)

  /// Makes an attack.
  ///
  /// - Parameter first: A number for the first of the nodes, which nobody has used lately.
  func perform(count: Int, first: UInt64) async -> Books {
    let number = Population.invented + 50_000 + UInt32(first % 100_000_000)
    let offers = (0..<UInt32(count)).compactMap { NodeID(number + $0) }.map { Discover(node: $0).encoded() }
    var books = Books()
    guard await dead.ask(offers, within: .seconds(2)) else { return books }
    // The first answer is to the claim; the second says that it came true.
    let before = claimant.replyCount
    let isWhole = await claimant.ask(offers, expecting: offers.count, within: Self.patience)
    let answers = claimant.replyCount - before
    guard answers >= offers.count else { return books }
    books[.deadClaimed] = offers.count
    books[.deadMoved] = isWhole ? offers.count : answers - offers.count
    return books
  }
}
