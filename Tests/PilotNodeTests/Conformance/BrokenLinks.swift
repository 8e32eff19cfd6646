import PilotNodeTesting
import PilotTesting
import PilotTransport
import PilotWire

/// One way each to carry a node badly.
enum CarrierFault: String, CaseIterable, Sendable {
  case shortens, losesEmptyMessages, repeats, readdresses, addsFrames, disguisesStrangers
  case takesLess, countsNothing, ignoresClose, reversesBatches
}

/// Links in memory with a fault.
struct BrokenLinks: TransportFixture {
  let fault: CarrierFault
  private let base = InMemoryLinks()

  init(_ fault: CarrierFault) { self.fault = fault }

  var promises: TransportPromises { base.promises }

  func connect() async throws -> TransportLink {
    let link = try await base.connect()
    return TransportLink(
      BrokenCarrier(link.transport, fault), peer: BrokenBeacon(link.peer, fault), destination: link.destination,
      source: link.source)
  }

  func stranger(_ link: TransportLink) async throws -> any ConformancePeer {
    fault == .disguisesStrangers ? link.peer : try await base.stranger(link)
  }
}

/// A beacon on whose way to the node something happens.
private struct BrokenBeacon: ConformancePeer {
  private static let relayDeliver = BeaconMessageType.relayDeliver.rawValue
  private let base: any ConformancePeer
  private let fault: CarrierFault

  init(_ base: any ConformancePeer, _ fault: CarrierFault) {
    self.base = base
    self.fault = fault
  }

  func send(_ frame: [UInt8]) async throws {
    // The node's frame to itself goes through, or the node would never be ready.
    let isMessage = frame.starts(with: [Self.relayDeliver, 0, 0, 0, 8])
    switch fault {
    case .shortens where isMessage && frame.count > 100: try await base.send(frame.dropLast())
    case .losesEmptyMessages where isMessage && frame.count == 5: return
    case .repeats where isMessage: for _ in 0..<2 { try await base.send(frame) }
    case .readdresses where frame.first == BeaconMessageType.relayDeliverDest.rawValue:
      try await base.send(frame[..<5] + [0, 0, 0, 7] + frame[9...])
    case .addsFrames where isMessage:
      try await base.send(Notify.handshakeWaiting.encoded())
      try await base.send(frame)
    default: try await base.send(frame)
    }
  }

  func next() async throws -> [UInt8] { try await base.next() }

  func close() async { await base.close() }
}

/// A transport with a fault in what the node calls.
private final class BrokenCarrier: Transport {
  private let base: any Transport
  private let fault: CarrierFault

  init(_ base: any Transport, _ fault: CarrierFault) {
    self.base = base
    self.fault = fault
  }

  var localEndpoint: Endpoint { base.localEndpoint }
  var maximumFrameLength: Int { base.maximumFrameLength - (fault == .takesLess ? 1 : 0) }
  var counters: TransportCounters { fault == .countsNothing ? TransportCounters() : base.counters }
  var events: TransportEvents { base.events }

  func makeReceiver() throws(TransportError) -> Receiver { try base.makeReceiver() }

  func send(_ frame: RawSpan, to destination: Endpoint) throws(TransportError) {
    try base.send(frame, to: destination)
  }

  func send(contentsOf batch: borrowing FrameBatch) throws(TransportError) -> Int {
    guard fault == .reversesBatches else { return try base.send(contentsOf: batch) }
    var frames: [([UInt8], Endpoint)] = []
    batch.forEach { frame, destination in frames.append((frame.copied(), destination)) }
    for (frame, destination) in frames.reversed() { try base.send(frame, to: destination) }
    return frames.count
  }

  func close() {
    if fault != .ignoresClose { base.close() }
  }
}
