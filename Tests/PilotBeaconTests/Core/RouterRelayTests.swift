import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// The four cells of relaying, and who may send.
struct RouterRelayTests {
  private let udpA = NodeID.test(1)
  private let udpB = NodeID.test(2)
  private let wssA = NodeID.test(3)
  private let wssB = NodeID.test(4)

  private func populated() -> RouterHarness {
    var harness = RouterHarness()
    harness.discover(udpA, from: .udp(test: 1))
    harness.discover(udpB, from: .udp(test: 2))
    _ = harness.attach(node: wssA, connection: ConnectionID(rawValue: 30))
    _ = harness.attach(node: wssB, connection: ConnectionID(rawValue: 40))
    return harness
  }

  @Test func carriesAllFourCells() {
    var harness = populated()
    expect(harness.relay(udpA, to: udpB, from: .udp(test: 1)), .deliverUDP(.test(2), DeliverHeader(sender: udpA)))
    expect(
      harness.relay(udpA, to: wssB, from: .udp(test: 1)),
      .deliverWSS(ConnectionID(rawValue: 40), DeliverHeader(sender: udpA)))
    expect(harness.relay(wssA, to: udpB, from: .wss(30, wssA)), .deliverUDP(.test(2), DeliverHeader(sender: wssA)))
    expect(
      harness.relay(wssA, to: wssB, from: .wss(30, wssA)),
      .deliverWSS(ConnectionID(rawValue: 40), DeliverHeader(sender: wssA)))
    for cell in RelayCell.allCases { expect(harness.statistics.relayed[cell], 1) }
  }

  @Test func theDestinationsDiscoverExDecidesTheHeader() {
    var harness = populated()
    harness.discover(udpB, from: .udp(test: 2), ex: true)
    harness.discover(wssB, from: .wss(40, wssB), ex: true)
    expect(
      harness.relay(udpA, to: udpB, from: .udp(test: 1)),
      .deliverUDP(.test(2), DeliverHeader(sender: udpA, destination: udpB)))
    expect(
      harness.relay(wssA, to: wssB, from: .wss(30, wssA)),
      .deliverWSS(ConnectionID(rawValue: 40), DeliverHeader(sender: wssA, destination: wssB)))
    expect(harness.relay(udpB, to: udpA, from: .udp(test: 2)), .deliverUDP(.test(1), DeliverHeader(sender: udpB)))
  }

  @Test func aNodeMayRelayToItself() {
    var harness = populated()
    expect(harness.relay(udpA, to: udpA, from: .udp(test: 1)), .deliverUDP(.test(1), DeliverHeader(sender: udpA)))
    expect(
      harness.relay(wssA, to: wssA, from: .wss(30, wssA)),
      .deliverWSS(ConnectionID(rawValue: 30), DeliverHeader(sender: wssA)))
  }

  @Test func anEmptyPayloadIsRelayed() {
    var harness = populated()
    expect(
      harness.frame([5, 0, 0, 0, 1, 0, 0, 0, 2], from: .udp(test: 1)),
      .deliverUDP(.test(2), DeliverHeader(sender: udpA)))
  }

  @Test func aSenderOverUDPMustBeRegisteredRightThere() {
    var harness = populated()
    expect(harness.relay(udpA, to: udpB, from: .udp(test: 2)), .drop(.senderMismatch))
    expect(harness.relay(udpA, to: udpB, from: .udp(.test(1, port: 4001))), .drop(.senderMismatch))
    expect(harness.relay(.test(9), to: udpB, from: .udp(test: 1)), .drop(.senderUnknown))
    expect(harness.relay(wssA, to: udpB, from: .udp(test: 1)), .drop(.senderUnknown))
  }

  @Test func aSenderOverWSSMustBeItself() {
    var harness = populated()
    expect(harness.relay(wssB, to: udpB, from: .wss(30, wssA)), .drop(.senderMismatch))
    expect(harness.relay(udpA, to: udpB, from: .wss(30, wssA)), .drop(.senderMismatch))
  }

  @Test func anUnknownDestinationIsDropped() {
    var harness = populated()
    expect(harness.relay(udpA, to: .test(99), from: .udp(test: 1)), .drop(.destinationUnknown))
    expect(harness.relay(wssA, to: .test(99), from: .wss(30, wssA)), .drop(.destinationUnknown))
  }

  @Test func headersAreTheWires() throws {
    let sender = NodeID.test(0x0102_0304)
    let destination = NodeID.test(0x0506_0708)
    let short = RelayDeliver(sender: sender, payload: RawSpan()).encoded()
    #expect(DeliverHeader(sender: sender).bytes.copied() == short)
    let long = RelayDeliverDest(sender: sender, destination: destination, payload: RawSpan()).encoded()
    #expect(DeliverHeader(sender: sender, destination: destination).bytes.copied() == long)
    #expect(DeliverHeader.payloadOffset == 9)
  }

  @Test func actionsAreSmallPlainValues() {
    #expect(MemoryLayout<RouterAction>.size <= 64)
    #expect(_isPOD(RouterAction.self))
  }
}
