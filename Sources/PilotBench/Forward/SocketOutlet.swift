import PilotTransport
import PilotUDP
import PilotWire

/// Sends a flood's datagrams over a socket, as a client of a forwarded port does.
struct SocketOutlet: FloodOutlet, ~Copyable {
  private let transport: UDPTransport
  private let destination: Endpoint
  private let isBatched: Bool
  private var payload: BenchPayload
  private var batch = FrameBatch()

  init(_ transport: UDPTransport, to destination: Endpoint, length: Int, isBatched: Bool) {
    (self.transport, self.destination, self.isBatched) = (transport, destination, isBatched)
    payload = BenchPayload(length: length)
  }

  mutating func send(_ count: Int, from sequence: Int, at now: MonotonicInstant) throws(TransportError) -> Int {
    do throws(TransportError) {
      return try isBatched ? sendBatch(count, from: sequence, at: now) : sendOneByOne(count, from: sequence, at: now)
    } catch {
      guard error.code == .backpressure else { throw error }
      return 0
    }
  }

  private mutating func sendBatch(
    _ count: Int, from sequence: Int, at now: MonotonicInstant
  ) throws(TransportError) -> Int {
    batch.removeAll()
    for number in sequence..<sequence + count {
      payload.stamp(UInt64(number), at: now.nanoseconds)
      guard Self.append(payload, to: destination, &batch) else { break }
    }
    return try transport.send(contentsOf: batch)
  }

  private static func append(_ payload: BenchPayload, to destination: Endpoint, _ batch: inout FrameBatch) -> Bool {
    batch.append(payload.bytes, to: destination)
  }

  private mutating func sendOneByOne(
    _ count: Int, from sequence: Int, at now: MonotonicInstant
  ) throws(TransportError) -> Int {
    for sent in 0..<count {
      payload.stamp(UInt64(sequence + sent), at: now.nanoseconds)
      do throws(TransportError) {
        try transport.send(payload.bytes, to: destination)
      } catch {
        // Those before it count; the next turn meets the reason again, if it lasts.
        if sent == 0 { throw error }
        return sent
      }
    }
    return count
  }
}
