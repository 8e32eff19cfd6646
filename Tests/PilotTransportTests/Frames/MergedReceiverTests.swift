import PilotTesting
import PilotWire
import Synchronization
import Testing

@testable import PilotTransport

/// Throws once in between, and then lends on.
private final class FailingSource: FrameSource {
  let queue: FrameQueue
  private let failure: Mutex<TransportError?>

  init(_ queue: FrameQueue, _ failure: TransportError) {
    self.queue = queue
    self.failure = Mutex(failure)
  }

  var life: TransportLife { queue.life }

  func takeFrames() throws(TransportError) -> LentFrames? {
    if let error = failure.withLock({ $0.take() }) { throw error }
    return unsafe try queue.takeFrames()
  }

  func onReadable(_ wake: @escaping @Sendable () -> Void) { queue.onReadable(wake) }

  func interrupt() { queue.interrupt() }
}

@Suite("A merged receiver")
struct MergedReceiverTests {
  private let first = FrameQueue()
  private let second = FrameQueue()

  private func merged() -> Receiver { Receiver.merging(Receiver(first), Receiver(second)) }

  private static func end(_ queue: FrameQueue) {
    _ = queue.life.end()
    queue.finish()
  }

  @Test("lends what both have, in the order of each")
  func both() async throws {
    var receiver = merged()
    for number in 0..<10 {
      first.push(TestFrame(number, port: 1))
      second.push(TestFrame(number, port: 2))
    }
    var frames: [TestFrame] = []
    while frames.count < 20 { frames += try await receiver.receiveCopies() }
    for port in 1...2 as ClosedRange<UInt16> {
      #expect(frames.filter { $0.endpoint.port == port } == (0..<10).map { TestFrame($0, port: port) })
    }
  }

  @Test("keeps runs as they are")
  func runs() async throws {
    var receiver = merged()
    for number in 0..<10 { first.push(TestFrame(number, length: 100)) }
    var shapes: [Int] = []
    unsafe try await receiver.receiveRuns { lent in
      for index in unsafe lent.runs.indices { shapes.append(unsafe lent.runs[index].frameCount) }
    }
    #expect(shapes == [10])
  }

  @Test("waits for whichever is first, and goes on to wait for both", arguments: [[0, 1], [1, 0], [0, 0, 1, 1, 0]])
  func waits(_ turns: [Int]) async throws {
    let queues = [first, second]
    var receiver = merged()
    for (number, index) in turns.enumerated() {
      let pushing = Task {
        for _ in 0..<100 { await Task.yield() }
        queues[index].push(TestFrame(number))
      }
      #expect(try await receiver.nextCopy() == TestFrame(number))
      await pushing.value
    }
  }

  @Test("lets neither wait behind one that always has something", arguments: [true, false])
  func fair(_ firstIsBusy: Bool) async throws {
    let (busy, other) = firstIsBusy ? (first, second) : (second, first)
    var receiver = merged()
    other.push(TestFrame(0, port: 2))
    var turns = 0
    while true {
      busy.push(TestFrame(1, port: 1))
      turns += 1
      if try await receiver.receiveCopies().contains(TestFrame(0, port: 2)) { break }
      if turns > 2 { break }
    }
    #expect(turns <= 2)
  }

  @Test("goes on when one is closed, and ends when both are", arguments: [true, false])
  func closing(_ firstEnds: Bool) async throws {
    let (ends, stays) = firstEnds ? (first, second) : (second, first)
    var receiver = merged()
    Self.end(ends)
    stays.push(TestFrame(1))
    #expect(try await receiver.nextCopy() == TestFrame(1))
    let closing = Task {
      for _ in 0..<100 { await Task.yield() }
      Self.end(stays)
    }
    try await receiver.forEach { _ in }
    await closing.value
    for _ in 0..<2 {
      let error = await #expect(throws: TransportError.self) { _ = try await receiver.nextCopy() }
      #expect(error?.code == .closed)
    }
  }

  @Test("lends nothing more once both are closed, also of what it has")
  func closedWithFramesLent() async throws {
    var receiver = merged()
    for number in 0..<3 { first.push(TestFrame(number)) }
    #expect(try await receiver.nextCopy() == TestFrame(0))
    Self.end(first)
    Self.end(second)
    let error = await #expect(throws: TransportError.self) { _ = try await receiver.nextCopy() }
    #expect(error?.code == .closed)
  }

  @Test("that is made of closed ones is closed")
  func closedBefore() async {
    Self.end(first)
    Self.end(second)
    var receiver = merged()
    let error = await #expect(throws: TransportError.self) { _ = try await receiver.nextCopy() }
    #expect(error?.code == .closed)
  }

  @Test("ends a cancelled wait, and receives on from both", arguments: [0, 1, 10, 100])
  func cancelled(_ yields: Int) async throws {
    let (first, second) = (first, second)
    let task = Task {
      var receiver = Receiver.merging(Receiver(first), Receiver(second))
      let error = await #expect(throws: TransportError.self) { _ = try await receiver.nextCopy() }
      first.push(TestFrame(1))
      second.push(TestFrame(2))
      return (error?.code, [try await receiver.nextCopy(), try await receiver.nextCopy()])
    }
    for _ in 0..<yields { await Task.yield() }
    task.cancel()
    let (code, frames) = try await task.value
    #expect(code == .cancelled)
    #expect(frames.contains(TestFrame(1)) && frames.contains(TestFrame(2)))
  }

  @Test("passes an error of one on once, and goes on with both")
  func failure() async throws {
    let failing = FailingSource(first, TransportError(code: .system, message: "once"))
    var receiver = Receiver.merging(Receiver(failing), Receiver(second))
    first.push(TestFrame(1))
    second.push(TestFrame(2))
    var frames: [TestFrame] = []
    var codes: [TransportError.Code] = []
    while frames.count < 2 {
      do {
        frames.append(try await receiver.nextCopy())
      } catch {
        codes.append(error.code)
      }
    }
    #expect(codes == [.system])
    #expect(frames.contains(TestFrame(1)) && frames.contains(TestFrame(2)))
  }

  @Test("begins with what each had been lent and not passed on", arguments: 0...3)
  func rests(_ taken: Int) async throws {
    var left = Receiver(first)
    var right = Receiver(second)
    for number in 0..<4 { first.push(TestFrame(number, length: 3)) }
    for number in 4..<6 { second.push(TestFrame(number)) }
    for number in 0..<taken { #expect(try await left.nextCopy() == TestFrame(number, length: 3)) }
    #expect(try await right.nextCopy() == TestFrame(4))
    var receiver = Receiver.merging(left, right)
    first.push(TestFrame(6))
    var frames: [TestFrame] = []
    while frames.count < 6 - taken { frames.append(try await receiver.nextCopy()) }
    for number in taken..<4 { #expect(frames.contains(TestFrame(number, length: 3))) }
    for number in 5...6 { #expect(frames.contains(TestFrame(number))) }
  }

  @Test("merges again")
  func three() async throws {
    let third = FrameQueue()
    var receiver = Receiver.merging(merged(), Receiver(third))
    for (number, queue) in [first, second, third].enumerated() {
      let pushing = Task {
        for _ in 0..<100 { await Task.yield() }
        queue.push(TestFrame(number))
      }
      #expect(try await receiver.nextCopy() == TestFrame(number))
      await pushing.value
    }
    for queue in [first, second] { Self.end(queue) }
    third.push(TestFrame(3))
    #expect(try await receiver.nextCopy() == TestFrame(3))
    Self.end(third)
    try await receiver.forEach { _ in }
  }

  @Test("a source that only takes and tells gets its waiting for nothing")
  func defaultWait() async throws {
    let source = FailingSource(first, .backpressure)
    var receiver = Receiver(source)
    _ = await #expect(throws: TransportError.self) { _ = try await receiver.nextCopy() }
    let queue = first
    let pushing = Task {
      for _ in 0..<100 { await Task.yield() }
      queue.push(TestFrame(1))
    }
    #expect(try await receiver.nextCopy() == TestFrame(1))
    await pushing.value
  }
}
