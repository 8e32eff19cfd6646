package import PilotTransport
import PilotWire
import Synchronization

/// One run of one check: makes connections, remembers them for the end, and knows what is being waited for.
package final class Trial: Sendable {
  private struct State {
    var links: [TransportLink] = []
    var others: [any ConformancePeer] = []
    var step = "connecting"
  }

  package let promises: TransportPromises
  private let fixture: any TransportFixture
  private let state = Mutex(State())

  package init(_ fixture: some TransportFixture) {
    self.fixture = fixture
    promises = fixture.promises
  }

  /// What the check is doing, to complete the sentence "it was still …".
  package var step: String {
    get { state.withLock { $0.step } }
    set { state.withLock { $0.step = newValue } }
  }

  /// A new transport with its peer, the receiver not yet taken.
  package func connect() async throws -> TransportLink {
    step = "connecting"
    let link = try await fixture.connect()
    state.withLock { $0.links.append(link) }
    return link
  }

  /// A new transport with its peer and its receiver.
  func connectReading() async throws -> Side {
    let link = try await connect()
    return Side(trial: self, link: link, reader: FrameReader(try link.transport.makeReceiver()))
  }

  /// Closes somebody with the links, at the end.
  package func close(atEnd peer: any ConformancePeer) { state.withLock { $0.others.append(peer) } }

  func disconnect() async {
    let (links, others) = state.withLock { state in
      defer { (state.links, state.others) = ([], []) }
      return (state.links, state.others)
    }
    for link in links {
      link.transport.close()
      await link.peer.close()
    }
    for other in others { await other.close() }
  }

  /// Waits for something that nobody announces, such as a counter, by looking every millisecond.
  package func eventually(_ step: String, _ condition: () -> Bool) async throws {
    self.step = step
    while !condition() {
      try await Task.sleep(for: .milliseconds(1))
    }
  }
}

/// A transport under test, with its reader and its peer, and the steps that most checks consist of.
struct Side: Sendable {
  let trial: Trial
  let link: TransportLink
  let reader: FrameReader

  var transport: any Transport { link.transport }
  var promises: TransportPromises { trial.promises }

  /// Sends a frame to the peer.
  func send(_ frame: [UInt8]) async throws {
    trial.step = "sending \(Bytes.describe(frame))"
    try await transport.sendWhenPossible(frame, to: link.destination)
  }

  /// Sends a frame from the peer.
  func sendFromPeer(_ frame: [UInt8]) async throws {
    trial.step = "sending \(Bytes.describe(frame)) from the peer"
    try await link.peer.send(frame)
  }

  /// The next frame at the peer is this one.
  func expectAtPeer(_ frame: [UInt8]) async throws {
    trial.step = "waiting for \(Bytes.describe(frame)) at the peer"
    try Bytes.expect(await link.peer.next(), toBe: frame, "at the peer")
  }

  /// The next frame from the peer is this one.
  func expectFromPeer(_ frame: [UInt8]) async throws {
    trial.step = "waiting for \(Bytes.describe(frame)) from the peer"
    try Bytes.expect(await reader.next().bytes, toBe: frame, "from the peer")
  }

  /// These frames arrive, in this order where order is promised.
  func expect(_ frames: [[UInt8]], _ place: String, _ next: () async throws -> [UInt8]) async throws {
    var left = frames
    for index in frames.indices {
      trial.step = "waiting for frame \(index + 1) of \(frames.count) \(place)"
      let frame = try await next()
      let position = promises.keepsOrder ? 0 : left.firstIndex(of: frame) ?? 0
      try Bytes.expect(frame, toBe: left[position], "as frame \(index + 1) of \(frames.count) \(place)")
      left.remove(at: position)
    }
  }
}

/// Runs a call that has to fail.
package func expectFailure(
  _ code: TransportError.Code, _ call: String, _ body: () async throws -> Void
) async throws {
  do {
    try await body()
  } catch let error as TransportError {
    guard error.code == code else { throw Violation("\(call) has to throw .\(code), and threw \(error)") }
    return
  }
  throw Violation("\(call) has to throw .\(code), and threw nothing")
}
