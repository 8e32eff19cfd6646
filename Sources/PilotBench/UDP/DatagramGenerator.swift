import PilotTransport
import PilotUDP
import PilotWire

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// One sending task: what it sends, where to, and for how long.
struct DatagramGenerator: Sendable {
  let transport: UDPTransport
  let destinations: [Endpoint]
  /// Bytes per frame.
  let length: Int
  let duration: Duration

  /// What a sender did.
  struct Tally: Sendable {
    /// Frames that the transport took.
    var frames = 0
    /// What its thread worked meanwhile.
    var processorTime: Duration = .zero
    /// How long it took.
    var elapsed: Duration = .zero
  }

  /// Frames between two looks at the clock, when they are sent one by one.
  private static let turn = 32

  /// Sends batches, each filled to the brim, until the time is over. The caller's thread does all the work.
  func sendInBatches() throws(TransportError) -> Tally {
    let frame = [UInt8](repeating: 0x50, count: length)
    var batch = FrameBatch()
    var next = 0
    return try measure { () throws(TransportError) in
      batch.removeAll()
      while batch.append(frame.span.raw, to: destinations[next]) {
        next = next + 1 == destinations.count ? 0 : next + 1
      }
      return try transport.send(contentsOf: batch)
    }
  }

  /// Sends frames one by one until the time is over. The caller's thread does all the work.
  func sendOneByOne() throws(TransportError) -> Tally {
    let frame = [UInt8](repeating: 0x50, count: length)
    var next = 0
    return try measure { () throws(TransportError) in
      var sent = 0
      do throws(TransportError) {
        while sent < Self.turn {
          try transport.send(frame.span.raw, to: destinations[next])
          next = next + 1 == destinations.count ? 0 : next + 1
          sent += 1
        }
      } catch {
        // Those before it count; the next turn meets the reason again, if it lasts.
        if sent == 0 { throw error }
      }
      return sent
    }
  }

  /// Repeats a turn that sends, and gives up the processor for a moment when the kernel's buffer is full.
  private func measure(_ turn: () throws(TransportError) -> Int) throws(TransportError) -> Tally {
    let (start, worked) = (MonotonicInstant.now(), ProcessorTime.ofThread())
    let end = start.advanced(by: duration)
    var now = start
    var tally = Tally()
    while now < end, !Task.isCancelled {
      do throws(TransportError) {
        tally.frames += try turn()
      } catch {
        guard error.code == .backpressure else { throw error }
        sched_yield()
      }
      now = .now()
    }
    tally.processorTime = ProcessorTime.ofThread() - worked
    tally.elapsed = start.duration(to: now)
    return tally
  }
}
