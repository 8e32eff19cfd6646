import Foundation
import PilotConsole
import PilotNode
import PilotTransport
import PilotWire
import Synchronization
import Testing

@testable import PilotCommands

@Suite("The output of pilot attach", .timeLimit(.minutes(1)))
struct AttachOutputTests {
  private static let source = Endpoint(ipv4: 192, 0, 2, 9, port: 9)

  private static func events(_ body: (AttachOutput) throws -> Void) async throws -> [String] {
    let file = FileManager.default.temporaryDirectory.appending(path: "pilot-attach-\(UUID().uuidString)")
    try Data().write(to: file)
    let handle = try FileHandle(forUpdating: file)
    try FileManager.default.removeItem(at: file)
    let console = Console(output: handle.fileDescriptor, error: handle.fileDescriptor, environment: [:])
    try body(AttachOutput(console))
    await console.flush(within: .seconds(60))
    try handle.seek(toOffset: 0)
    let output = String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self)
    struct Line: Decodable {
      let event: String
      let hex: String?
      let count: Int?
    }
    return try output.split(separator: "\n").map { text in
      let line = try JSONDecoder().decode(Line.self, from: Data(text.utf8))
      return line.event + (line.hex ?? "") + (line.count.map { "\($0)" } ?? "")
    }
  }

  @Test("ready comes before any frame, and what came before it comes then, in its order")
  func readyFirst() async throws {
    let events = try await Self.events { output in
      output.write(.frame(from: Self.source, bytes: [1]))
      output.write(.frame(from: Self.source, bytes: [2]))
      output.write(.error(code: "timed_out", message: ""))
      output.write(.ready(transport: "udp", local: Self.source))
      output.write(.frame(from: Self.source, bytes: [3]))
      output.write(.closed(NodeCounters()))
    }
    #expect(events == ["error", "ready", "frame01", "frame02", "frame03", "closed"])
  }

  @Test("what is held back is bounded, and what has no room is counted")
  func heldBack() async throws {
    let limit = AttachOutput.heldLimits.lines
    let events = try await Self.events { output in
      for _ in 0..<limit + 5 { output.write(.frame(from: Self.source, bytes: [1])) }
      output.write(.ready(transport: "udp", local: Self.source))
      output.write(.frame(from: Self.source, bytes: [2]))
    }
    #expect(events.count == limit + 3)
    #expect(events.first == "ready")
    #expect(events.suffix(3) == ["frame01", "left_out5", "frame02"])
  }

  @Test("frames that never became of use are counted before the end")
  func neverReady() async throws {
    let events = try await Self.events { output in
      output.write(.frame(from: Self.source, bytes: [1]))
      output.write(.closed(NodeCounters()))
      try output.reader.check()
    }
    #expect(events == ["left_out1", "closed"])
  }

  @Test("a reader that has gone ends the program at the next line")
  func closed() async throws {
    _ = signal(SIGPIPE, SIG_IGN)
    let pipe = Pipe()
    try pipe.fileHandleForReading.close()
    let console = Console(output: pipe.fileHandleForWriting.fileDescriptor, environment: [:])
    let output = AttachOutput(console)
    let ends = Atomic<Int>(0)
    output.reader.whenGone { ends.add(1, ordering: .relaxed) }
    output.write(.ready(transport: "wss", local: Self.source))
    await console.flush(within: .seconds(60))
    for _ in 0..<3 { output.write(.reconnected) }
    #expect(ends.load(ordering: .relaxed) == 1)
    #expect(throws: OutputError.closed) { try output.reader.check() }
  }
}
