import PilotWire
import Synchronization
import Testing

@testable import PilotTransport

/// Lends what a test has written down, turn by turn, and throws in between.
private final class ScriptedSource: FrameSource {
  enum Turn: Sendable {
    case frames([TestFrame])
    case failure(TransportError)
  }

  let life = TransportLife()
  private let script: Mutex<[Turn]>
  private let chunk = FrameChunk(capacity: 10_000, frameCapacity: 100)

  init(_ script: Turn...) {
    self.script = Mutex(script)
  }

  var turnsLeft: Int { script.withLock { $0.count } }

  func interrupt() {}

  func nextFrames() async throws(TransportError) -> LentFrames {
    chunk.removeAll()
    let turn = script.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    switch turn {
    case .frames(let frames):
      for frame in frames { _ = unsafe chunk.append(frame.bytes.span.bytes, RawSpan(), endpoint: frame.endpoint) }
      return unsafe chunk.content
    case .failure(let error): throw error
    case nil: throw .closed
    }
  }

  func takeFrames() throws(TransportError) -> LentFrames? { nil }

  func onReadable(_ wake: @escaping @Sendable () -> Void) {}
}

@Suite("Receiver")
struct ReceiverTests {
  private static let frames = [
    TestFrame(1, length: 5), TestFrame(2, length: 5), TestFrame(3, length: 2), TestFrame(4, length: 0),
    TestFrame(5, length: 0), TestFrame(6, length: 5, port: 2),
  ]

  @Test("next gives each frame of the lent runs once")
  func next() async throws {
    var receiver = Receiver(ScriptedSource(.frames(Self.frames), .frames([TestFrame(7)])))
    for frame in Self.frames + [TestFrame(7)] { #expect(try await receiver.nextCopy() == frame) }
  }

  @Test("receive lends all that was lent at once, and returns how many")
  func receive() async throws {
    var receiver = Receiver(ScriptedSource(.frames(Self.frames), .frames([TestFrame(7)])))
    var frames: [TestFrame] = []
    #expect(try await receiver.receive { frames.append(TestFrame($0.copied(), $1)) } == Self.frames.count)
    #expect(frames == Self.frames)
    #expect(try await receiver.receive { _, _ in } == 1)
  }

  @Test("receiveRuns lends all that was lent, and a walk in pieces meets each frame once", arguments: 1...7)
  func runs(_ limit: Int) async throws {
    var receiver = Receiver(ScriptedSource(.frames(Self.frames), .frames([TestFrame(7)])))
    var pieces: [[TestFrame]] = []
    unsafe try await receiver.receiveRuns { lent in
      var cursor = RunCursor()
      while unsafe cursor.run < lent.runs.count {
        var piece: [TestFrame] = []
        unsafe lent.forEachFrame(from: &cursor, limit: limit) { piece.append(TestFrame($0.copied(), $1)) }
        pieces.append(piece)
      }
    }
    #expect(pieces.flatMap { $0 } == Self.frames)
    #expect(pieces.dropLast().allSatisfy { $0.count == limit })
    #expect(try await receiver.nextCopy() == TestFrame(7))
  }

  @Test("receive goes on where next stopped", arguments: 0...6)
  func mixed(_ singles: Int) async throws {
    var receiver = Receiver(ScriptedSource(.frames(Self.frames), .frames([TestFrame(7)])))
    for frame in Self.frames.prefix(singles) { #expect(try await receiver.nextCopy() == frame) }
    let rest = singles < Self.frames.count ? Array(Self.frames.dropFirst(singles)) : [TestFrame(7)]
    #expect(try await receiver.receiveCopies() == rest)
  }

  @Test("both wait on when a source lends nothing")
  func nothingLent() async throws {
    let source = ScriptedSource(.frames([]), .frames([]), .frames([TestFrame(1)]), .frames([]), .frames([TestFrame(2)]))
    var receiver = Receiver(source)
    #expect(try await receiver.nextCopy() == TestFrame(1))
    #expect(try await receiver.receiveCopies() == [TestFrame(2)])
  }

  @Test("a body that throws has seen its frame, and the rest come with the next receive")
  func bodyThrows() async throws {
    var receiver = Receiver(ScriptedSource(.frames(Self.frames)))
    var seen = 0
    let error = await #expect(throws: TransportError.self) {
      try await receiver.receive { _, _ throws(TransportError) in
        seen += 1
        if seen == 2 { throw TransportError(code: .system, message: "enough") }
      }
    }
    #expect(error?.code == .system)
    #expect(try await receiver.receiveCopies() == Array(Self.frames.dropFirst(2)))
  }

  @Test("an error of the source passes through, and the receiver remains usable")
  func sourceThrows() async throws {
    var receiver = Receiver(
      ScriptedSource(.failure(.cancelled), .frames([TestFrame(1)]), .failure(.cancelled), .frames([TestFrame(2)])))
    var codes: [TransportError.Code] = []
    var frames: [TestFrame] = []
    while frames.count < 2 {
      do {
        frames.append(try await receiver.nextCopy())
      } catch {
        codes.append(error.code)
      }
    }
    #expect(codes == [.cancelled, .cancelled])
    #expect(frames == [TestFrame(1), TestFrame(2)])
  }

  @Test("frames that are lent and unread are gone when the transport closes")
  func closedWithFramesLent() async throws {
    let source = ScriptedSource(.frames(Self.frames), .frames([TestFrame(7)]))
    var receiver = Receiver(source)
    _ = try await receiver.nextCopy()
    #expect(source.life.end())
    for _ in 0..<2 {
      await #expect(throws: TransportError.self) { _ = try await receiver.nextCopy() }
      await #expect(throws: TransportError.self) { _ = try await receiver.receiveCopies() }
    }
    #expect(source.turnsLeft == 1)
  }

  @Test("a body that closes the transport gets no further frame")
  func closedByBody() async throws {
    let source = ScriptedSource(.frames(Self.frames))
    var receiver = Receiver(source)
    var seen = 0
    let error = await #expect(throws: TransportError.self) {
      try await receiver.receive { _, _ in
        seen += 1
        if seen == 2 { _ = source.life.end() }
      }
    }
    #expect(error?.code == .closed)
    #expect(seen == 2)
  }

  @Test("forEach lends all frames with their sources, tells when it has caught up, and returns when it is closed")
  func forEach() async throws {
    let source = ScriptedSource(.frames(Self.frames), .frames([TestFrame(7)]), .frames([TestFrame(8)]))
    var receiver = Receiver(source)
    #expect(try await receiver.nextCopy() == Self.frames[0])
    var frames: [TestFrame] = []
    var batches: [Int] = []
    try await receiver.forEach { frame in
      frames.append(TestFrame(frame.copiedBytes, frame.source))
      if frames.last == TestFrame(8) { _ = source.life.end() }
    } whenDrained: {
      batches.append(frames.count)
    }
    #expect(frames == Self.frames.dropFirst() + [TestFrame(7), TestFrame(8)])
    #expect(batches == [5, 6, 7])
  }

  @Test("forEach ends quietly with its own transport only", arguments: [true, false])
  func forEachWhenClosed(_ isOwn: Bool) async throws {
    let source = ScriptedSource(.frames(Self.frames))
    var receiver = Receiver(source)
    var seen = 0
    var code: TransportError.Code?
    do {
      try await receiver.forEach { _ throws(TransportError) in
        seen += 1
        if isOwn { _ = source.life.end() }
        // What an answer over a closed transport throws.
        throw .closed
      }
    } catch {
      code = error.code
    }
    #expect(code == (isOwn ? nil : .closed))
    #expect(seen == 1)
  }

  @Test(
    "forEach throws what went wrong, and goes on when it is called again",
    arguments: [TransportError.Code.cancelled, .system])
  func forEachThrows(_ code: TransportError.Code) async throws {
    let source = ScriptedSource(
      .frames([TestFrame(1)]), .failure(TransportError(code: code, message: "once")), .frames([TestFrame(2)]))
    var receiver = Receiver(source)
    var frames: [TestFrame] = []
    let error = await #expect(throws: TransportError.self) {
      try await receiver.forEach { frame in frames.append(TestFrame(frame.copiedBytes, frame.source)) }
    }
    #expect(error?.code == code)
    try await receiver.forEach { frame in
      frames.append(TestFrame(frame.copiedBytes, frame.source))
      _ = source.life.end()
    }
    #expect(frames == [TestFrame(1), TestFrame(2)])
  }

  @Test("the life of a transport ends once and hands its receiver out once")
  func life() throws {
    let life = TransportLife()
    try life.takeReceiver()
    #expect(throws: TransportError.self) { try life.takeReceiver() }
    #expect(!life.isClosed)
    #expect(life.end())
    #expect(!life.end())
    #expect(life.isClosed)
    let error = #expect(throws: TransportError.self) { try life.takeReceiver() }
    #expect(error?.code == .closed)
  }
}
