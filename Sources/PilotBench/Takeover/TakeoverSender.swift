import PilotConsole
import PilotTransport
import PilotUDP
import PilotWire
import Synchronization

/// A node that sends frames to all others in turn, so many a second.
final class TakeoverSender: Sendable {
  private let transport: UDPTransport
  private let beacon: Endpoint
  private let destinations: ClosedRange<UInt32>
  private let payload: [UInt8]
  private let isOver = Atomic<Bool>(false)

  /// From one batch to the next.
  private static let pace: Duration = .milliseconds(1)

  init(to beacon: Endpoint, destinations: ClosedRange<UInt32>, payload: Int) throws {
    var configuration = UDPTransport.Configuration()
    configuration.bindTo = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
    transport = try UDPTransport.bind(configuration)
    self.beacon = beacon
    self.destinations = destinations
    self.payload = [UInt8](repeating: 0x50, count: payload)
  }

  private static func node(_ number: UInt32) throws -> NodeID {
    guard let node = NodeID(number) else { throw CommandFailure("there is no node \(number)") }
    return node
  }

  /// Makes the sender known.
  ///
  /// - Parameter limit: How long an answer is waited for.
  /// - Throws: A failure if there is none, after which the sender is of no use.
  func register(within limit: Duration = .seconds(10)) async throws {
    var receiver = try transport.makeReceiver()
    try transport.send(Discover(node: Self.node(1)).encoded().span.raw, to: beacon)
    let timer = Task { [transport] in
      try await Task.sleep(for: limit)
      transport.close()
    }
    defer { timer.cancel() }
    do throws(TransportError) {
      _ = try await receiver.next()
    } catch {
      guard error.code == .closed else { throw error }
      throw CommandFailure("the beacon at \(beacon) doesn't answer", hint: "try again")
    }
  }

  /// Sends until ``stop()``.
  /// - Returns: How many frames the kernel took, over how long.
  func send(rate: Int) async throws -> (frames: Int, elapsed: Duration) {
    let (sender, payload) = (try Self.node(1), payload)
    let start = MonotonicInstant.now()
    var (sent, next) = (0, destinations.lowerBound)
    while !isOver.load(ordering: .relaxed), !Task.isCancelled {
      // As many as are due by now: a thread that comes late makes up for it.
      let due = Int(start.duration(to: .now()).seconds * Double(rate)) - sent
      var batch = FrameBatch()
      for _ in 0..<min(due, 1_000) {
        let destination = try Self.node(next)
        let frame = Relay(sender: sender, destination: destination, payload: payload.span.raw).encoded()
        guard batch.append(frame.span.raw, to: beacon) else { break }
        next = next == destinations.upperBound ? destinations.lowerBound : next + 1
      }
      while !batch.isEmpty {
        do throws(TransportError) {
          let count = try transport.send(contentsOf: batch)
          sent += count
          batch.removeFirst(count)
        } catch {
          guard error.code == .backpressure else { throw error }
          await Task.yield()
        }
      }
      try await Task.sleep(for: Self.pace)
    }
    return (sent, start.duration(to: .now()))
  }

  func stop() { isOver.store(true, ordering: .relaxed) }

  func close() { transport.close() }
}
