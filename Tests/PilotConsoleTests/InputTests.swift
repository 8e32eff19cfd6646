import Foundation
import Testing

@testable import PilotConsole

@Suite("Standard input", .timeLimit(.minutes(1)))
struct InputTests {
  /// A pipe whose reading end doesn't block, as a program that shares it may have made it.
  private static func nonblockingPipe() -> Pipe {
    let pipe = Pipe()
    _ = fcntl(pipe.fileHandleForReading.fileDescriptor, F_SETFL, O_NONBLOCK)
    return pipe
  }

  /// Blocks a thread that isn't one of those that tasks share.
  private static func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { continuation.resume(returning: body()) }
    }
  }

  @Test("lines of a descriptor that doesn't block are waited for")
  func lines() async throws {
    let pipe = Self.nonblockingPipe()
    let descriptor = pipe.fileHandleForReading.fileDescriptor
    let (read, taken) = AsyncStream.makeStream(of: LineReader.Line.self)
    Thread.detachNewThread {
      var reader = LineReader(descriptor: descriptor)
      while let line = reader.next() { taken.yield(line) }
      taken.finish()
    }
    var lines = read.makeAsyncIterator()
    // Each is written when the one before has been read: most often the reader finds nothing, and has to wait.
    for number in 0..<300 {
      try pipe.fileHandleForWriting.write(contentsOf: Data("line \(number)\n".utf8))
      #expect(await lines.next() == .text("line \(number)"))
    }
    try pipe.fileHandleForWriting.write(contentsOf: Data("last".utf8))
    try pipe.fileHandleForWriting.close()
    #expect(await lines.next() == .text("last"))
    #expect(await lines.next() == nil)
    #expect(try BlockingRead.bytes(from: descriptor, atMost: 1) == [])
    #expect(throws: BlockingRead.Failure(reason: "Bad file descriptor")) {
      try BlockingRead.bytes(from: -1, atMost: 1)
    }
    var closed = LineReader(descriptor: -1)
    #expect(closed.next() == nil)
    #expect(closed.failure == "Bad file descriptor")
  }

  @Test("a text is read to its end, however late it comes")
  func text() async throws {
    let pipe = Self.nonblockingPipe()
    let input = StandardInput(descriptor: pipe.fileHandleForReading.fileDescriptor)
    async let text = Self.onThread { try? input.text(limit: 100) }
    try pipe.fileHandleForWriting.write(contentsOf: Data("0a01".utf8))
    try pipe.fileHandleForWriting.close()
    #expect(await text == "0a01")
  }
}
