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
  /// A fault, the check that has to see it, and what that has to say about it. Others may see it too.
  private static let expectations: [(Fault, TransportConformance.Check, String)] = [
    (.truncates, .keepsFrames, "expected a frame of 1200 bytes at the peer, and got a frame of 1199 bytes"),
    (.losesEmptyFrames, .keepsFrames, "still waiting for an empty frame at the peer"),
    (.takesTooLong, .refusesTooLong, "has to throw .frame_too_large, and threw nothing"),
    (.sendsRefused, .refusesTooLong, "expected a frame of 8 bytes at the peer"),
    (.takesAnyDestination, .refusesOtherDestinations, "has to throw .invalid_destination, and threw nothing"),
    (.forgesSources, .namesSources, "came with the source 192.0.2.2:0"),
    (.reusesLentMemory, .lendsStableMemory, "differs from the expected one from offset 0 on"),
    (.reversesBatches, .sendsBatches, "as frame 1 of 200"),
    (.losesEndOfBatch, .sendsBatches, "still waiting for frame 200 of 200 at the peer"),
    (.sendsPastRefusal, .takesTheFrontOfABatch, "at the peer"),
    (.reversesReceived, .receivesBatches, "as frame 1 of 200"),
    (.losesEndOfReceived, .endsABatchWithItsBody, "still waiting for frame"),
    (.handsOutTwoReceivers, .handsOutOneReceiver, "has to throw .receiver_taken, and threw nothing"),
    (.movesAfterClose, .keepsItsEndpoint, "after close"),
    (.ignoresCancellation, .survivesCancellation, "has to throw .cancelled, and threw closed"),
    (.diesOfUnreachable, .survivesDeadDestinations, "unreachable"),
    (.closesTwice, .closesOnce, "2 .closed events came"),
    (.closesTwice, .endsItsEvents, "closed came after .closed"),
    (.ignoresClose, .wakesItsReader, "still waiting for a receive to end after close"),
    (.ignoresClose, .closesUnderLoad, "still waiting for everybody to end after close"),
    (.wakesLate, .wakesItsReader, "three transports in a row took longer"),
    (.sendsAfterClose, .refusesToSendWhenClosed, "has to throw .closed, and threw nothing"),
    (.deliversAfterClose, .deliversNothingWhenClosed, "has to throw .closed, and threw nothing"),
    (.makesReceiverAfterClose, .makesNoReceiverWhenClosed, "has to throw .closed, and threw nothing"),
    (.neverEndsEvents, .endsItsEvents, "still waiting for the events to end"),
    (.mixesSenders, .keepsSendersApart, "holds bytes of several senders"),
    (.dropsNewest, .boundsSlowReaders, "still waiting for the newest frame after an overflow"),
    (.countsNoDrops, .boundsSlowReaders, "still waiting for 257 drops"),
    (.batchesOvertake, .keepsOrderOfBothForms, "as frame 1 of 200 at the peer"),
    (.handsOutOnePerTask, .handsOutOneReceiverToMany, "8 of 8 tasks got a receiver"),
    (.handsOutTwoReceivers, .handsOutOneReceiverToMany, "8 of 8 tasks got a receiver"),
    (.sendsAfterClose, .closesAtAnyMoment, "still waiting for everybody to end after a close by the task that sends"),
    (.ignoresClose, .closesAtAnyMoment, "still waiting for everybody to end after a close by the task that sends"),
    (.deliversAfterClose, .closesFromWithin, "8 frames were lent, the first of which closed it"),
    (.staysFull, .survivesAFullQueue, "still waiting for a frame at a peer that reads again"),
    (.failsWhenFull, .survivesAFullQueue, "has to throw .backpressure, and threw system: no buffer space"),
    (.losesUncounted, .accountsForAll, "still waiting for 800 frames to be counted as sent or dropped"),
    (.countsNothing, .accountsForAll, "still waiting for 800 frames to be counted as sent or dropped"),
    (.countsNothing, .countsWhatPasses, "0 frames sent were counted, not 20"),
  ]

  @Test("finds each fault with the check that is meant for it", arguments: expectations)
  fileprivate func finds(_ fault: Fault, _ check: TransportConformance.Check, _ message: String) async throws {
    // A limit that a busy machine makes too short for the check to get to where it hangs is tried again, longer.
    var failure: ConformanceFailure?
    for limit in [1, 4, 16, 64] where failure?.message.contains(message) != true {
      failure = await #expect(throws: ConformanceFailure.self) {
        try await check.run(against: BrokenFixture(fault), within: .seconds(limit))
      }
    }
    #expect(failure?.check == check.name)
    #expect(failure?.message.contains(message) == true, "it said: \(failure?.message ?? "nothing")")
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
