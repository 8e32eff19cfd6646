import Foundation
import Testing

@testable import PilotCommands

@Suite("The console", .timeLimit(.minutes(1)))
struct ConsoleTests {
  @Test("lines of many tasks come out whole, though each is longer than what a pipe takes at once")
  func wholeLines() async throws {
    let (output, _) = try await withConsole { console in
      try await withThrowingTaskGroup { group in
        for task in 0..<8 {
          group.addTask {
            let line = String(repeating: Character(Unicode.Scalar(UInt8(97 + task))), count: 100_000)
            for _ in 0..<20 { try console.print(line) }
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
  func closed() throws {
    _ = signal(SIGPIPE, SIG_IGN)
    let pipe = Pipe()
    try pipe.fileHandleForReading.close()
    let console = Console(output: pipe.fileHandleForWriting.fileDescriptor, environment: [:])
    #expect(throws: OutputError.closed) { try console.print("line") }
    #if os(Linux)
      let full = try FileHandle(forWritingTo: URL(filePath: "/dev/full"))
      let other = Console(output: full.fileDescriptor, environment: [:])
      #expect(throws: OutputError.system("No space left on device")) { try other.print("line") }
    #endif
  }

  @Test("no colour and no progress when piped")
  func piped() async throws {
    let (output, error) = try await withConsole { console in
      let progress = Progress(console: console, interval: .zero)
      progress.show("half")
      try console.print(console.styled("done", .red))
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
  func status() throws {
    let terminal = try PseudoTerminal()
    let descriptor = terminal.program.fileDescriptor
    let console = Console(output: descriptor, error: descriptor, environment: [:])
    console.setStatus("half")
    console.report("log")
    try console.print("result")
    console.setStatus("")
    try console.print("end")
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
}
