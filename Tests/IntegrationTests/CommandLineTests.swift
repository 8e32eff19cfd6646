import Foundation
import PilotIdentity
import Testing

@Suite("The command line", .timeLimit(.minutes(1)))
struct CommandLineTests {
  private typealias Program = CommandLineProgram

  @Test(
    "help is there on every level, on standard output, and has an example",
    arguments: [
      "", "demo", "beacon", "beacon top", "attach", "doctor", "identity", "identity new", "identity show", "inspect",
      "bench",
      "bench udp",
      "bench relay", "bench wss", "bench forward", "bench wss-sink", "bench own-beacon", "bench attacker",
    ])
  func help(command: String) async throws {
    let process = try Program.process(command.split(separator: " ").map(String.init) + ["--help"])
    let (output, error) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, error)
    try process.run()
    let text = try await Program.contents(of: output)
    #expect(try await Program.contents(of: error).isEmpty)
    #expect(await Program.status(of: process) == 0)
    #expect(text.contains("Example"))
    #expect(text.contains("pilot \(command)"))
  }

  @Test("the version")
  func version() async throws {
    let outcome = try await Program.run("--version")
    #expect(outcome.status == 0)
    #expect(outcome.output.split(separator: ".").count == 3)
  }

  @Test(
    "wrong usage is exit 2, and said on standard error",
    arguments: [
      [], ["nonsense"], ["inspect"], ["inspect", "--nonsense", "0a01"], ["identity"], ["identity", "show"],
      ["bench"], ["bench", "udp", "--case", "all"], ["bench", "relay", "--beacon-pid", "1"],
      ["beacon", "--log-level", "loud"], ["beacon", "--config", "/nowhere.json"],
      ["beacon", "--udp", "127.0.0.1:0", "--registry", "8.8.8.8:9000"],
      ["beacon", "--udp", "127.0.0.1:0", "--registry", "127.0.0.1:9000", "--registry-pin", "12"],
      ["beacon", "--udp", "127.0.0.1:0", "--registry-tls"],
      ["doctor"], ["doctor", "--beacon", "udp://127.0.0.1:9", "--node", "7"],
      ["attach", "--node", "7", "--identity", "ID", "--beacon", "wss://beacon.example", "--pin", "12"],
    ])
  func wrongUsage(arguments: [String]) async throws {
    let process = try Program.process(arguments)
    let (output, error) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, error)
    try process.run()
    #expect(try await Program.contents(of: output).isEmpty)
    #expect(try await !Program.contents(of: error).isEmpty)
    #expect(await Program.status(of: process) == 2)
  }

  @Test(
    "wrong usage doesn't repeat a URL's password",
    arguments: [
      ["attach", "wss://user:hunter2@beacon.example"],
      ["attach", "--node", "7", "--identity", "ID", "--beacon", "wss://user:hunter2@beacon.example"],
      ["attach", "--node", "7", "--identity", "ID", "--beacon", "udp://user:hunter2@beacon.example"],
      ["attach", "--node", "7", "--identity", "ID", "--beacon", "user:hunter2@beacon.example?hunter2"],
    ])
  func passwords(arguments: [String]) async throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "pilot-identity-\(UUID().uuidString)")
    try Identity().save(to: file.path)
    defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: file) } }
    let process = try Program.process(arguments.map { $0 == "ID" ? file.path : $0 })
    let (output, error) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, error)
    try process.run()
    let text = try await Program.contents(of: output) + Program.contents(of: error)
    #expect(await Program.status(of: process) == 2)
    #expect(text.contains("beacon.example") && !text.contains("hunter2"), "\(text)")
  }

  @Test("a setting that is no choice is exit 2 as well, and isn't repeated")
  func wrongSetting() async throws {
    let outcome = try await Program.run("beacon", environment: ["PILOT_LOG_LEVEL": "s3cr3t"])
    #expect(outcome.status == 2)
    #expect(outcome.errorLines.count == 1)
    #expect(!outcome.error.contains("s3cr3t"))
  }

  @Test("a bench that isn't installed is exit 1, and said where it was looked for")
  func noBench() async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "pilot-alone-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
    defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: directory) } }
    let process = try Program.process(["bench", "udp"])
    let program = directory.appending(path: "pilot")
    try FileManager.default.copyItem(at: Program.url(), to: program)
    process.executableURL = program
    let error = Pipe()
    process.standardError = error
    try process.run()
    let text = try await Program.contents(of: error)
    #expect(await Program.status(of: process) == 1)
    #expect(
      text.hasPrefix("pilot: \(directory.path)/pilot-bench can't be started: No such file or directory; build it"))
  }

  @Test("a frame becomes one line")
  func inspect() async throws {
    let outcome = try await Program.run("inspect", "0a01")
    #expect(outcome.status == 0)
    #expect(outcome.output == "{\"kind\":\"notify\",\"notice\":1}\n")
    #expect(outcome.error.isEmpty)
    let piped = try await Program.run("inspect", "-", input: "0a\n01\n")
    #expect(piped.output == outcome.output)
  }

  @Test("a bad frame is exit 1 with one line of reason", arguments: ["", "0f01", "xy", "01000001"])
  func badFrame(hex: String) async throws {
    let outcome = try await Program.run("inspect", hex)
    #expect(outcome.status == 1)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.error.hasPrefix("pilot: "))
    #expect(outcome.error.contains("; "), "it says what to try")
  }

  @Test("SIGINT is exit 130 for commands that don't handle it")
  func interrupt() async throws {
    let process = try Program.process(["inspect", "-"])
    let input = Pipe()
    process.standardInput = input
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    // More than a pipe holds: when it is written, the command has begun to read.
    try input.fileHandleForWriting.write(contentsOf: Data(repeating: 0x30, count: 256 * 1024))
    process.interrupt()
    #expect(await Program.status(of: process) == 130)
  }

  @Test("SIGINT ends the demo with 130, and its private key is gone", .timeLimit(.minutes(1)))
  func interruptedDemo() async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: directory) }
    let content = directory.appending(path: "content")
    // Large enough to be under way for seconds.
    try Data(repeating: 7, count: 64 << 20).write(to: content)
    let process = try Program.process(["demo", "--file", content.path], environment: ["TMPDIR": directory.path])
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    func entries() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: directory.path) }
    while try entries().count < 2 { await Task.yield() }
    process.interrupt()
    #expect(await Program.status(of: process) == 130)
    #expect(try entries() == ["content"])
  }

  @Test("a reader that goes away ends the program without a word")
  func closedOutput() async throws {
    let process = try Program.process(["inspect", "0a01"])
    let (output, error) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, error)
    try output.fileHandleForReading.close()
    try process.run()
    #expect(try await Program.contents(of: error).isEmpty)
    #expect(await Program.status(of: process) == 141)
  }
}
