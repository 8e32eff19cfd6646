import Testing

@testable import PilotNode

@Suite("LendGate")
struct LendGateTests {
  /// A node that another thread makes ready just before the given look, as the driver does it: the state is told first.
  private final class Node: LendGate {
    private let changesBefore: Int
    private var looks = 0

    init(changesBefore look: Int) { changesBefore = look }

    private func look() -> Bool {
      defer { looks += 1 }
      return looks >= changesBefore
    }

    var isReady: Bool { look() }
    var hasStatesToTell: Bool { look() }
  }

  @Test("no message is lent before ready is told, whenever another thread tells it", arguments: 0...2)
  func neverBeforeReady(_ look: Int) {
    #expect(!Node(changesBefore: look).isOpen)
  }

  private struct Fixed: LendGate {
    let isReady: Bool
    let hasStatesToTell: Bool
  }

  @Test("it is open when the node is ready and that has been told, and only then")
  func opens() {
    #expect(Fixed(isReady: true, hasStatesToTell: false).isOpen)
    #expect(!Fixed(isReady: true, hasStatesToTell: true).isOpen)
    #expect(!Fixed(isReady: false, hasStatesToTell: false).isOpen)
  }
}
