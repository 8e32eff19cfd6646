import ChaosCore
import PilotTransport
import PilotUDP
import PilotWire
import Synchronization

/// Reads from the socket that a node has left: what had come and wasn't read, and what the beacon still sends there.
final class Witness: Sendable {
  private static let sentinel: [UInt8] = [0xFF]

  private let transport: UDPTransport
  /// What the kernel had dropped while the node read, which is counted there.
  private let droppedBefore: UInt64
  private let counts = Mutex(Books())
  private let sentinels = Gate()
  private let reading = Mutex<Task<Void, Never>?>(nil)

  /// - Parameter counters: Those of the node's transport, after its end.
  init(spare: Int32, after counters: TransportCounters) throws {
    transport = try NodeSocket.witness(spare)
    droppedBefore = counters.drops[.kernelBufferFull]
    let task = Task { await read() }
    reading.withLock { $0 = task }
  }

  var books: Books {
    var books = counts.withLock { $0 }
    let dropped = transport.counters.drops[.kernelBufferFull]
    books[.witnessedKernelFull] = dropped > droppedBefore ? Int(dropped - droppedBefore) : 0
    return books
  }

  /// Makes sure that everything sent there so far is in the books.
  func settle(from other: UDPTransport) async -> Bool {
    let goal = sentinels.count + 1
    for _ in 0..<20 {
      _ = try? other.send(Self.sentinel, to: transport.localEndpoint)
      if await sentinels.wait(until: goal, for: .milliseconds(500)) { return true }
    }
    return false
  }

  func close() async {
    transport.close()
    await reading.withLock({ $0.take() })?.value
  }

  private func read() async {
    await withTaskExecutorPreference(transport.executor) {
      await transport.receiveAll { frame in note(frame.bytes) }
    }
  }

  private func note(_ frame: RawSpan) {
    if frame.byteCount == 1, frame.byte(at: 0) == Self.sentinel[0] { return sentinels.pass() }
    let isRelay = (try? RelayDeliver(parsing: frame)) != nil
    counts.withLock { $0[isRelay ? .witnessedRelays : .witnessedControl] += 1 }
  }
}
