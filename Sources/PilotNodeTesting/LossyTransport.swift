public import PilotTransport
public import PilotWire
import Synchronization

/// A transport on whose way everything is lost while a test wants it: what it takes then never leaves, and counts as sent, as it does
/// where a firewall drops it. What comes is received.
public final class LossyTransport: Transport {
  private let base: any Transport
  private let isLosing = Atomic<Bool>(false)
  private let lostFrames = Atomic<UInt64>(0)
  private let lostBytes = Atomic<UInt64>(0)

  /// - Parameter base: What carries the frames while none are lost: this one's from then on.
  public init(_ base: any Transport) { self.base = base }

  /// Has everything that is sent lost, or carried again. From any thread.
  public func setLosing(_ isLosing: Bool) { self.isLosing.store(isLosing, ordering: .releasing) }

  /// How many frames were lost.
  public var lost: UInt64 { lostFrames.load(ordering: .acquiring) }

  public var localEndpoint: Endpoint { base.localEndpoint }
  public var maximumFrameLength: Int { base.maximumFrameLength }
  public var events: TransportEvents { base.events }

  /// Those of the base, and what was lost as sent.
  public var counters: TransportCounters {
    var counters = base.counters
    counters.framesSent += lostFrames.load(ordering: .acquiring)
    counters.bytesSent += lostBytes.load(ordering: .acquiring)
    return counters
  }

  public func makeReceiver() throws(TransportError) -> Receiver { try base.makeReceiver() }

  public func send(_ frame: RawSpan, to destination: Endpoint) throws(TransportError) {
    guard isLosing.load(ordering: .acquiring) else { return try base.send(frame, to: destination) }
    lose(frames: 1, bytes: frame.byteCount)
  }

  public func send(contentsOf batch: borrowing FrameBatch) throws(TransportError) -> Int {
    guard isLosing.load(ordering: .acquiring) else { return try base.send(contentsOf: batch) }
    lose(frames: batch.count, bytes: batch.byteCount)
    return batch.count
  }

  private func lose(frames: Int, bytes: Int) {
    lostFrames.add(UInt64(frames), ordering: .relaxed)
    lostBytes.add(UInt64(bytes), ordering: .relaxed)
  }

  public func close() { base.close() }
}
