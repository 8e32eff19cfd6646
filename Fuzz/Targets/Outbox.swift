import PilotTransport
import PilotWire
import Synchronization

/// A transport that keeps what it is told to send, and receives nothing.
final class Outbox: Transport {
  let localEndpoint = Endpoint(ipv4: 192, 0, 2, 1, port: 9_001)
  let maximumFrameLength = FrameLimits.maximumOverUDPv4
  private let sent = Mutex<[(frame: [UInt8], destination: Endpoint)]>([])

  var counters: TransportCounters { TransportCounters() }

  var events: TransportEvents { TransportEventSource().events }

  /// What has been sent since the last call.
  func take() -> [(frame: [UInt8], destination: Endpoint)] {
    sent.withLock { sent in
      defer { sent = [] }
      return sent
    }
  }

  func makeReceiver() throws(TransportError) -> Receiver { throw .closed }

  func send(_ frame: RawSpan, to destination: Endpoint) throws(TransportError) {
    guard frame.byteCount <= maximumFrameLength else {
      throw .frameTooLarge(frame.byteCount, limit: maximumFrameLength)
    }
    let copy = frame.copy
    sent.withLock { $0.append((copy, destination)) }
  }

  func send(contentsOf batch: borrowing FrameBatch) throws(TransportError) -> Int {
    var taken = 0
    do {
      try batch.forEach { frame, destination throws(TransportError) in
        try send(frame, to: destination)
        taken += 1
      }
    } catch {
      if taken == 0 { throw error }
    }
    return taken
  }

  func close() {}
}
