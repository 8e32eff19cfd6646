import Dispatch
import PilotBeacon
import PilotTransport
import PilotUDP
import PilotWire

/// What it costs that a beacon's threads share one router, which a lock stands around.
///
/// Each thread does what a beacon's does with datagrams between receiving and sending them, and sends them, to a socket that nobody
/// reads. Once they share a router, and once each has its own: the difference is the lock's, and that of the memory that moves
/// from one core to another with it.
struct Contention {
  let threads: Int
  let isShared: Bool
  /// What a frame takes of a thread's time.
  let nanoseconds: Double

  private static let framesPerTurn = 32
  private static let turns = 20_000
  private static let runs = 5

  /// - Returns: At most as many threads as there are processors say something.
  static func measure(threads: Int) throws -> [Contention] {
    try [true, false].map { isShared in
      var best = Duration.seconds(3_600)
      for _ in 0..<runs { best = min(best, try time(threads, isShared)) }
      return Contention(
        threads: threads, isShared: isShared, nanoseconds: best / .nanoseconds(turns * framesPerTurn))
    }
  }

  /// How long the slowest of the threads takes.
  private static func time(_ threads: Int, _ isShared: Bool) throws -> Duration {
    let nodes = try Samples.nodes(threads)
    let shared = RelayEngine(configuration, seed: 1)
    let lanes = try nodes.map { try Lane(node: $0, engine: isShared ? shared : RelayEngine(configuration, seed: 1)) }
    defer { for lane in lanes { lane.pair.close() } }
    var stopwatch = Stopwatch()
    stopwatch.start()
    DispatchQueue.concurrentPerform(iterations: threads) { lanes[$0].relay(turns: turns) }
    stopwatch.stop()
    return stopwatch.elapsed
  }

  private static var configuration: RouterConfiguration {
    var configuration = RouterConfiguration()
    configuration.relayRate = 1_000_000_000
    return configuration
  }

  var json: String {
    let hundredths = Double(Int(nanoseconds * 100 + 0.5)) / 100
    return #"{"case":"contention","threads":\#(threads),"shared":\#(isShared),"nanoseconds":\#(hundredths)}"#
  }

  /// One thread's part: a node that sends to itself.
  private struct Lane: @unchecked Sendable {
    // Unchecked: the relay is used by one thread, which the lane is handed to.
    let pair: LoopbackPair
    private let relay: FrameRelay
    private let frames: [[UInt8]]

    init(node: NodeID, engine: RelayEngine) throws {
      pair = try LoopbackPair()
      relay = FrameRelay(
        engine: engine, udp: pair.sender, authenticator: NoAuthenticator(), totals: RelayTotals(),
        submit: { _ in false })
      let payload = [UInt8](repeating: 7, count: 64)
      frames = Array(
        repeating: Relay(sender: node, destination: node, payload: payload.span.raw).encoded(), count: framesPerTurn)
      // This machine's own address needs no answer before it is sent to.
      hand(try batch(of: [Discover(node: node).encoded()]))
    }

    func relay(turns: Int) {
      guard let datagrams = try? batch(of: frames) else { return }
      for _ in 0..<turns { hand(datagrams) }
    }

    private func batch(of frames: [[UInt8]]) throws -> FrameBatch {
      var batch = FrameBatch()
      for frame in frames where !batch.append(frame.span.raw, to: pair.receiver.localEndpoint) {
        throw UnexpectedResult(what: "a full batch")
      }
      return batch
    }

    private func hand(_ datagrams: borrowing FrameBatch) {
      // SAFETY: the batch lives, unchanged, until the relay is done with what is lent.
      unsafe relay.relay(datagrams: LentFrames(runs: datagrams.runs, frames: datagrams.count), at: .start)
      relay.flush()
    }
  }
}
