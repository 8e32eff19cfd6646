import Foundation
import Testing

@testable import PilotConsole

@Suite("The console", .timeLimit(.minutes(1)))
struct ConsoleTests {
  @Test("lines of many tasks come out whole, though each is longer than what a pipe takes at once")
  func wholeLines() async throws {
    let (output, _) = try await withConsole { console in
      try await withThrowingTaskGroup { group in
        for task in 0..<8 {
          group.addTask {
            let line = String(repeating: Character(Unicode.Scalar(UInt8(97 + task))), count: 100_000)
            for _ in 0..<20 { try await console.print(line) }
          }
        }
        try await group.waitForAll()
      }
    }
    let lines = output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 161)
    #expect(lines.dropLast().allSatisfy { $0.count == 100_000 && Set($0).count == 1 })
  }

  @Test("a reader that has gone is told from a disk that is full")
  func closed() async throws {
    _ = signal(SIGPIPE, SIG_IGN)
    let pipe = Pipe()
    try pipe.fileHandleForReading.close()
    let console = Console(output: pipe.fileHandleForWriting.fileDescriptor, environment: [:])
    await #expect(throws: OutputError.closed) { try await console.print("line") }
    #if os(Linux)
      let full = try FileHandle(forWritingTo: URL(filePath: "/dev/full"))
      let other = Console(output: full.fileDescriptor, environment: [:])
      await #expect(throws: OutputError.system("No space left on device")) { try await other.print("line") }
    #endif
  }

  @Test("no colour and no progress when piped")
  func piped() async throws {
    let (output, error) = try await withConsole { console in
      let progress = Progress(console: console, interval: .zero)
      progress.show("half")
      try await console.print(console.styled("done", .red))
      console.report(console.styled("warning", .yellow, on: .error))
      progress.finish()
    }
    #expect(output == "done\n")
    #expect(error == "warning\n")
  }

  @Test("colour on a terminal, unless NO_COLOR or TERM forbid it")
  func colour() throws {
    let terminal = try PseudoTerminal()
    func styled(_ environment: [String: String]) -> String {
      let descriptor = terminal.program.fileDescriptor
      return Console(output: descriptor, error: descriptor, environment: environment).styled("done", .red)
    }
    #expect(styled([:]) == "\u{1B}[31mdone\u{1B}[0m")
    #expect(styled(["NO_COLOR": ""]) == "\u{1B}[31mdone\u{1B}[0m")
    #expect(styled(["NO_COLOR": "1"]) == "done")
    #expect(styled(["TERM": "dumb"]) == "done")
  }

  @Test("the status line makes way for other lines, and comes back behind them")
  func status() async throws {
    let terminal = try PseudoTerminal()
    let descriptor = terminal.program.fileDescriptor
    let console = Console(output: descriptor, error: descriptor, environment: [:])
    console.setStatus("half")
    console.report("log")
    try await console.print("result")
    console.setStatus("")
    try await console.print("end")
    let clear = "\r\u{1B}[K"
    let expected = "half" + "\(clear)log\r\nhalf" + "\(clear)result\r\nhalf" + clear + "end\r\n"
    #expect(terminal.shown(expected.utf8.count) == expected)
  }

  @Test("progress is shown no faster than it can be read")
  func interval() throws {
    let terminal = try PseudoTerminal()
    let descriptor = terminal.program.fileDescriptor
    let progress = Progress(
      console: Console(output: descriptor, error: descriptor, environment: [:]), interval: .seconds(3600))
    var made = 0
    func step() -> String {
      made += 1
      return "step \(made)\n"
    }
    for _ in 0..<100 { progress.show(step()) }
    #expect(made == 1)
    let expected = #"step 1\n"#
    #expect(terminal.shown(expected.utf8.count) == expected)
  }

  @Test("a reader that stops reading holds nobody up; what he misses is counted, and told when he goes on")
  func unread() async throws {
    let pipe = Pipe()
    let limits = OutputQueue.Limits(lines: 8, bytes: 1 << 20)
    let console = Console(error: pipe.fileHandleForWriting.fileDescriptor, environment: [:], logs: limits)
    // Each line is more than a pipe holds: the first one is under way until somebody reads.
    let line = String(repeating: "x", count: 200_000)
    for _ in 0..<2 { console.report(line) { "left_out=\($0)" } }
    for number in 0..<1_000 { console.report("\(number)") { "left_out=\($0)" } }
    async let flushed: Void = console.flush(within: .seconds(60))
    let text = await Task.detached {
      var text = ""
      while !text.contains("left_out=") || !text.hasSuffix("\n") { text += pipe.available() }
      return text
    }.value
    await flushed
    let lines = text.split(separator: "\n")
    #expect(lines.prefix(2).allSatisfy { $0.count == 200_000 })
    let notices = lines.filter { $0.hasPrefix("left_out=") }
    let leftOut = notices.compactMap { Int($0.dropFirst("left_out=".count)) }.reduce(0, +)
    #expect(lines.count - notices.count + leftOut == 1_002)
    #expect(leftOut >= 990)
  }

  @Test("an unread standard error doesn't hold up standard output")
  func independent() async throws {
    let (output, error) = (Pipe(), Pipe())
    let console = Console(
      output: output.fileHandleForWriting.fileDescriptor, error: error.fileHandleForWriting.fileDescriptor,
      environment: [:])
    console.report(String(repeating: "x", count: 200_000))
    try await console.print("result")
    #expect(output.available() == "result\n")
    await console.flush(within: .milliseconds(10))
    try error.fileHandleForReading.close()
    await console.flush(within: .seconds(60))
  }

  @Test("waiting for a reader that doesn't read ends with the task")
  func cancelled() async throws {
    let pipe = Pipe()
    let console = Console(output: pipe.fileHandleForWriting.fileDescriptor, environment: [:])
    let task = Task { try await console.print(String(repeating: "x", count: 200_000)) }
    #expect(pipe.available().allSatisfy { $0 == "x" })
    task.cancel()
    try await task.value
    try pipe.fileHandleForReading.close()
    await console.flush(within: .seconds(60))
  }
}
