import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// Every reason to drop a frame, and that hostile ones never trap.
struct RouterDropTests {
  private static let attached = NodeID.test(3)

  struct Case: Sendable, CustomTestStringConvertible {
    let frame: [UInt8]
    let origin: FrameOrigin
    let reason: RouterDropReason

    init(_ reason: RouterDropReason, _ frame: [UInt8], from origin: FrameOrigin = .udp(test: 1)) {
      (self.frame, self.origin, self.reason) = (frame, origin, reason)
    }

    var testDescription: String { "\(reason) \(Hex.encode(frame.span.raw))" }
  }

  static let cases: [Case] = [
    Case(.empty, []),
    Case(.unknownType, [0x00]), Case(.unknownType, [0x10]), Case(.unknownType, [0xFF]),
    Case(.notABeacon, [0x0F]), Case(.notABeacon, [0x0F] + [UInt8](repeating: 1, count: 41)),
    Case(.truncated, [0x01]), Case(.truncated, [0x01, 0, 0, 1]), Case(.truncated, [0x08, 0, 0, 1]),
    Case(.truncated, [0x05, 0, 0, 0, 1, 0, 0, 0]), Case(.truncated, [0x0C, 0, 0, 0, 1]),
    Case(.nodeIDZero, [0x05, 0, 0, 0, 0, 0, 0, 0, 1]), Case(.nodeIDZero, [0x05, 0, 0, 0, 1, 0, 0, 0, 0]),
    Case(.nodeIDZero, [0x0C] + [UInt8](repeating: 0, count: 95)),
    Case(.beaconOnlyType, [0x02]), Case(.beaconOnlyType, [0x04]), Case(.beaconOnlyType, [0x06, 0, 0, 0, 1]),
    Case(.beaconOnlyType, [0x09]), Case(.beaconOnlyType, [0x0A, 1]), Case(.beaconOnlyType, [0x0B]),
    Case(.beaconOnlyType, [0x0D, 0, 0, 0, 1, 1]), Case(.beaconOnlyType, [0x0E, 0, 0, 0, 1]),
    Case(.notANeighbour, [0x07, 0, 0, 0, 1, 0, 0]),
    Case(.tunnelFrame, [0x50]), Case(.tunnelFrame, Array("PILP".utf8) + [0, 0, 0, 1]),
    Case(.sourcePortZero, [0x01, 0, 0, 0, 1], from: .udp(.test(1, port: 0))),
    Case(.staleConnection, [0x01, 0, 0, 0, 3], from: .wss(99, attached)),
    Case(.nodeMismatch, [0x01, 0, 0, 0, 9], from: .wss(1, attached)),
    Case(.senderMismatch, [0x05, 0, 0, 0, 9, 0, 0, 0, 1], from: .wss(1, attached)),
    Case(.senderUnknown, [0x05, 0, 0, 0, 9, 0, 0, 0, 1]),
    Case(.destinationUnknown, [0x05, 0, 0, 0, 3, 0, 0, 0, 9], from: .wss(1, attached)),
    Case(.proofExpired, [0x0C, 0, 0, 0, 1] + [UInt8](repeating: 0, count: 88) + [0, 1, 1, UInt8(ascii: "a")]),
    Case(.nameInvalid, [0x0C, 0, 0, 0, 1] + [UInt8](repeating: 0, count: 88) + [0, 1, 1, UInt8(ascii: "A")]),
    Case(.proofOverWSS, [0x0C], from: .wss(1, attached)),
  ]

  @Test(arguments: cases)
  func isDroppedForItsReason(_ example: Case) {
    var harness = RouterHarness()
    _ = harness.attach(node: Self.attached, connection: ConnectionID(rawValue: 1))
    expect(harness.frame(example.frame, from: example.origin), .drop(example.reason))
    expect(harness.statistics.drops.total, 1)
    expect(harness.statistics.nodes, 0)
  }

  @Test func aSyncRegistersAndMovesNobody() throws {
    var harness = RouterHarness()
    _ = harness.attach(node: Self.attached, connection: ConnectionID(rawValue: 1))
    harness.discover(.test(7), from: .udp(test: 1))
    let sync = try SyncAnnouncement(beaconID: 2, nodeIDs: [.test(7), .test(8), Self.attached]).encoded()
    for origin in [FrameOrigin.udp(test: 66), .wss(1, Self.attached)] {
      expect(harness.frame(sync, from: origin), .drop(.notANeighbour))
    }
    harness.expectUDP(.test(7), at: .test(1))
    harness.expectNowhere(.test(8))
    expect(harness.statistics.nodes, 1)
  }

  @Test func everyReasonHasAnExample() {
    // Some take more than one frame: RouterShareTests and RouterCreditTests; or another beacon: RouterNeighbourTests and
    // RouterClusterTests. And whom rules deny isn't the router's to know: the driver tells it.
    let others: Set<RouterDropReason> = [
      .rateLimited, .unansweredEndpoint, .denied, .ownList, .forgedRelay, .replayedRelay,
    ]
    #expect(Set(Self.cases.map(\.reason)).union(others) == Set(RouterDropReason.allCases))
  }

  @Test func talliesHoldAllCasesAndNamesAreDistinctSnakeCase() {
    func check<Key: CaseIterable & RawRepresentable<Int> & CustomStringConvertible & Sendable>(_ type: Key.Type) {
      #expect(Array(Key.allCases).map(\.rawValue) == Array(0..<Key.allCases.count))
      #expect(Set(Key.allCases.map(\.description)).count == Key.allCases.count)
      for key in Key.allCases {
        #expect(key.description.utf8.allSatisfy { $0 == 0x5F || (0x61...0x7A).contains($0) })
      }
    }
    check(RouterDropReason.self)
    check(DiscoverOutcome.self)
    check(RelayCell.self)
    check(MoveCause.self)
    check(ProofOutcome.self)
    check(PunchOutcome.self)
    check(GrantOutcome.self)
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func randomBytesNeverTrap(seed: UInt64) {
    var generator = SeededRandom(seed: seed)
    var harness = RouterHarness(seed: seed)
    _ = harness.attach(node: Self.attached, connection: ConnectionID(rawValue: 1))
    for _ in 0..<20_000 {
      var frame = [UInt8](repeating: 0, count: Int.random(in: 0...100, using: &generator))
      for index in frame.indices { frame[index] = UInt8.random(in: 0...255, using: &generator) }
      // Few types and small IDs, or nothing would get beyond the first checks.
      if !frame.isEmpty, Bool.random(using: &generator) {
        frame[0] = UInt8.random(in: 0...15, using: &generator)
        for index in frame.indices.prefix(9) where index > 0 {
          frame[index] = index % 4 == 0 ? UInt8.random(in: 0...4, using: &generator) : 0
        }
      }
      let origin: FrameOrigin =
        Int.random(in: 0..<3, using: &generator) == 0
        ? .wss(UInt64.random(in: 1...2, using: &generator), Self.attached)
        : .udp(test: UInt32.random(in: 0...3, using: &generator))
      harness.frame(frame, from: origin)
      harness.advance(.milliseconds(Int.random(in: 0...50, using: &generator)))
    }
    expect(harness.statistics.frames, 20_000)
  }
}
