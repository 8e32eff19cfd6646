import PilotTesting
import PilotTransport
import PilotWire
import Testing

/// A faulty transport with a faultless peer.
private struct BrokenFixture: TransportFixture {
  let fault: Fault
  private let base = InMemoryFixture()

  init(_ fault: Fault) { self.fault = fault }

  var promises: TransportPromises {
    var promises = base.promises
    if fault == .takesTooLong { promises.maximumFrameLength -= 1 }
    return promises
  }

  func connect() async throws -> TransportLink {
    let network = InMemoryNetwork()
    var configuration = InMemoryTransport.Configuration()
    configuration.receiveQueue = InMemoryFixture.queue
    let broken = BrokenTransport(try network.makeTransport(configuration: configuration), fault)
    let peer = try network.makeTransport()
    return TransportLink(
      broken, peer: PeerOfBroken(broken, try TransportPeer(peer, destination: broken.localEndpoint)),
      destination: peer.localEndpoint, source: peer.localEndpoint)
  }
}

/// Lets the faults know of what is on its way, which a queue doesn't tell.
private struct PeerOfBroken: ConformancePeer {
  private let transport: BrokenTransport
  private let base: TransportPeer

  init(_ transport: BrokenTransport, _ base: TransportPeer) {
    self.transport = transport
    self.base = base
  }

  func send(_ frame: [UInt8]) async throws {
    if transport.accepts() { try await base.send(frame) }
  }

  func next() async throws -> [UInt8] { try await base.next() }
  func close() async { await base.close() }
}

@Suite("The conformance suite can fail")
struct BrokenTransportTests {
  /// Which checks have to see which fault. Others may see it too.
  private static let expectations: [(Fault, TransportConformance.Check)] = [
    (.truncates, .keepsFrames),
    (.losesEmptyFrames, .keepsFrames),
    (.takesTooLong, .refusesTooLong),
    (.sendsRefused, .refusesTooLong),
    (.forgesSources, .namesSources),
    (.reusesLentMemory, .lendsStableMemory),
    (.reversesBatches, .sendsBatches),
    (.losesEndOfBatch, .sendsBatches),
    (.sendsPastRefusal, .takesTheFrontOfABatch),
    (.reversesReceived, .receivesBatches),
    (.losesEndOfReceived, .endsABatchWithItsBody),
    (.handsOutTwoReceivers, .handsOutOneReceiver),
    (.movesAfterClose, .keepsItsEndpoint),
    (.ignoresCancellation, .survivesCancellation),
    (.diesOfUnreachable, .survivesDeadDestinations),
    (.closesTwice, .closesOnce),
    (.closesTwice, .endsItsEvents),
    (.ignoresClose, .wakesItsReader),
    (.ignoresClose, .closesUnderLoad),
    (.sendsAfterClose, .refusesToSendWhenClosed),
    (.deliversAfterClose, .deliversNothingWhenClosed),
    (.makesReceiverAfterClose, .makesNoReceiverWhenClosed),
    (.neverEndsEvents, .endsItsEvents),
    (.mixesSenders, .keepsSendersApart),
    (.dropsNewest, .boundsSlowReaders),
    (.countsNoDrops, .boundsSlowReaders),
    (.countsNothing, .countsWhatPasses),
  ]

  @Test("finds each fault with the check that is meant for it", arguments: expectations)
  fileprivate func finds(_ fault: Fault, _ check: TransportConformance.Check) async throws {
    let failure = await #expect(throws: ConformanceFailure.self) {
      try await check.run(against: BrokenFixture(fault), within: .milliseconds(500))
    }
    #expect(failure?.check == check.name)
  }

  @Test("finds nothing in a transport without a fault", arguments: TransportConformance.checks)
  func findsNothing(_ check: TransportConformance.Check) async throws {
    try await check.run(against: BrokenFixture(.none))
  }

  @Test("has a fault for every check, and a check for every fault")
  func completeness() {
    let shown = Set(Self.expectations.map(\.1.name))
    #expect(TransportConformance.checks.map(\.name).filter { !shown.contains($0) } == [])
    #expect(Set(Self.expectations.map(\.0)) == Set(Fault.allCases).subtracting([.none]))
  }
}
