import PilotWire
import Testing

@testable import PilotTransport

@Suite("FrameChunk")
struct FrameChunkTests {
  private func append(_ frame: TestFrame, to chunk: FrameChunk) -> Bool {
    unsafe chunk.append(frame.bytes.span.bytes, RawSpan(), endpoint: frame.endpoint)
  }

  /// (frames in order as (length, port), lengths of the runs they make as (bytes, frame length))
  private static let shapes: [(frames: [(Int, UInt16)], runs: [[Int]])] = [
    ([], []),
    ([(0, 1)], [[0, 0]]),
    ([(0, 1), (0, 1)], [[0, 0], [0, 0]]),
    ([(5, 1), (5, 1), (5, 1)], [[15, 5]]),
    ([(5, 1), (5, 1), (2, 1)], [[12, 5]]),
    ([(5, 1), (2, 1), (2, 1)], [[7, 5], [2, 2]]),
    ([(2, 1), (5, 1)], [[2, 2], [5, 5]]),
    ([(5, 1), (5, 2)], [[5, 5], [5, 5]]),
    ([(5, 1), (0, 1), (5, 1)], [[5, 5], [0, 0], [5, 5]]),
    ([(0, 1), (5, 1)], [[0, 0], [5, 5]]),
  ]

  @Test("joins neighbours of one length and endpoint, and a shorter one behind them", arguments: shapes.indices)
  func runs(_ index: Int) {
    let shape = Self.shapes[index]
    let chunk = FrameChunk(capacity: 1_000, frameCapacity: 100)
    let frames = shape.frames.enumerated().map { TestFrame($0, length: $1.0, port: $1.1) }
    for frame in frames { #expect(append(frame, to: chunk)) }
    let content = unsafe chunk.content
    #expect(unsafe content.runs.map { unsafe [$0.byteCount, $0.frameLength] } == shape.runs)
    #expect(unsafe content.copies == frames)
    #expect(unsafe content.frames == frames.count)
    #expect(unsafe content.runs.map { unsafe $0.frameCount }.reduce(0, +) == frames.count)
  }

  @Test("joins no frames of different local addresses")
  func locals() {
    let chunk = FrameChunk(capacity: 1_000, frameCapacity: 100)
    let frame = TestFrame(1, length: 5)
    let locals = [0, 0, 1, 1, 1, 2, 0].map { LocalAddress(index: $0) }
    for local in locals {
      #expect(unsafe chunk.append(frame.bytes.span.bytes, RawSpan(), endpoint: frame.endpoint, local: local))
    }
    #expect(unsafe chunk.content.runs.map { unsafe $0.frameCount } == [2, 3, 1, 1])
    var seen: [LocalAddress] = []
    var cursor = RunCursor()
    unsafe chunk.content.forEachFrame(from: &cursor, limit: 100) { _, _, local in seen.append(local) }
    #expect(seen == locals)
  }

  @Test("a run's local address lies in its endpoint's padding")
  func layout() {
    #expect(MemoryLayout<LocalAddress>.size == 1)
    #expect(unsafe MemoryLayout<FrameRun>.stride == 3 * MemoryLayout<Int>.stride + MemoryLayout<Endpoint>.stride)
  }

  @Test("takes exactly as many bytes as it has room for")
  func byteCapacity() {
    let chunk = FrameChunk(capacity: 10, frameCapacity: 100)
    #expect(append(TestFrame(1, length: 6), to: chunk))
    #expect(!append(TestFrame(2, length: 5), to: chunk))
    #expect(append(TestFrame(3, length: 4), to: chunk))
    #expect(!append(TestFrame(4, length: 1), to: chunk))
    #expect(append(TestFrame(5, length: 0), to: chunk))
    #expect(unsafe chunk.content.copies.map(\.bytes.count) == [6, 4, 0])
  }

  @Test("takes at least as many frames as it was made for, and more where they share a run")
  func frameCapacity() {
    let chunk = FrameChunk(capacity: 1_000, frameCapacity: 2)
    for value in 0..<5 { #expect(append(TestFrame(value, length: 3, port: 1), to: chunk)) }
    #expect(append(TestFrame(5, length: 3, port: 2), to: chunk))
    #expect(!append(TestFrame(6, length: 3, port: 1), to: chunk))
    #expect(append(TestFrame(7, length: 3, port: 2), to: chunk))
    #expect(chunk.frameCount == 7)
  }

  @Test("gives its room back when the last frame is removed")
  func reuse() {
    let chunk = FrameChunk(capacity: 4, frameCapacity: 2)
    for round in 0..<10 {
      #expect(append(TestFrame(round, length: 2, port: 1), to: chunk))
      #expect(append(TestFrame(round, length: 2, port: 2), to: chunk))
      #expect(!append(TestFrame(round, length: 1), to: chunk))
      #expect(chunk.removeFirst() == 2)
      #expect(!append(TestFrame(round, length: 1), to: chunk))
      #expect(chunk.removeFirst() == 2)
      #expect(chunk.isEmpty)
    }
    #expect(chunk.removeFirst() == 0)
  }

  @Test("a run that lost its first frames goes on growing only as what it is")
  func appendAfterRemove() {
    let chunk = FrameChunk(capacity: 100, frameCapacity: 10)
    let frames = [TestFrame(1, length: 4), TestFrame(2, length: 4), TestFrame(3, length: 1), TestFrame(4, length: 4)]
    for frame in frames.prefix(3) { #expect(append(frame, to: chunk)) }
    chunk.removeFirst()
    chunk.removeFirst()
    #expect(append(frames[3], to: chunk))
    #expect(unsafe chunk.content.copies == Array(frames.suffix(2)))
    #expect(chunk.byteCount == 5)
  }
}
