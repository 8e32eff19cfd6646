import PilotTransport
import PilotWire
import Synchronization
import Testing

/// A source that waits as the protocol does.
private final class PlainSource: FrameSource {
  private struct State {
    var wake: (@Sendable () -> Void)?
    var isInterrupted = false
  }

  let queue: FrameQueue
  private let state = Mutex(State())

  init(_ queue: FrameQueue) { self.queue = queue }

  var life: TransportLife { queue.life }

  func takeFrames() throws(TransportError) -> LentFrames? { unsafe try queue.takeFrames() }

  func onReadable(_ wake: @escaping @Sendable () -> Void) {
    // One that is called at once isn't kept: an interruption spent on it would be lost.
    let isInterrupted = state.withLock { state in
      defer { state.isInterrupted = false }
      state.wake = state.isInterrupted ? nil : wake
      return state.isInterrupted
    }
    if isInterrupted { wake() } else { queue.onReadable(wake) }
  }

  func interrupt() {
    let wake = state.withLock { state in
      let wake = state.wake.take()
      state.isInterrupted = wake == nil
      return wake
    }
    wake?()
  }
}

@Suite("Interrupting a receiver", .timeLimit(.minutes(1)))
struct InterruptionTests {
  /// What waits.
  enum Kind: CaseIterable, Sendable { case queue, merged, plain }

  private let queue = FrameQueue()

  private func receiver(_ kind: Kind) -> Receiver {
    switch kind {
    case .queue: Receiver(queue)
    case .merged: Receiver.merging(Receiver(queue), Receiver(FrameQueue()))
    case .plain: Receiver(PlainSource(queue))
    }
  }

  @Test("one that nobody waits for ends the next wait, and several are one", arguments: Kind.allCases)
  func before(_ kind: Kind) async throws {
    var receiver = receiver(kind)
    let interrupt = receiver.interrupter
    for _ in 0..<3 { interrupt() }
    var isFilled = try await receiver.fill()
    #expect(!isFilled)
    queue.push(TestFrame(1))
    isFilled = try await receiver.fill()
    #expect(isFilled)
    #expect(try await receiver.next().copiedBytes == TestFrame(1).bytes)
  }

  @Test("frames that are there come first, and it isn't lost", arguments: Kind.allCases)
  func framesFirst(_ kind: Kind) async throws {
    var receiver = receiver(kind)
    queue.push(TestFrame(1))
    receiver.interrupter()
    var isFilled = try await receiver.fill()
    #expect(isFilled)
    receiver.skipFrame()
    isFilled = try await receiver.fill()
    #expect(!isFilled)
  }

  @Test("a wait ends at once, again and again, and frames come after it", arguments: Kind.allCases)
  func waiting(_ kind: Kind) async throws {
    let (steps, step) = AsyncStream.makeStream(of: Bool.self)
    let (interrupters, given) = AsyncStream.makeStream(of: (@Sendable () -> Void).self)
    async let reading: Void = {
      var receiver = receiver(kind)
      given.yield(receiver.interrupter)
      given.finish()
      var isFilled = false
      while !isFilled {
        isFilled = try await receiver.fill()
        step.yield(isFilled)
      }
    }()
    var seen = steps.makeAsyncIterator()
    for await interrupt in interrupters {
      for _ in 0..<100 {
        interrupt()
        #expect(await seen.next() == false)
      }
    }
    queue.push(TestFrame(1))
    #expect(await seen.next() == true)
    try await reading
  }
}
