import Foundation
import PilotConsole
import PilotIdentity
import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon
@testable import PilotCommands

/// What becomes of commands whose standard streams aren't read, full or closed, and which get signals early.
@Suite("Standard streams and signals", .timeLimit(.minutes(2)))
struct CommandLineStreamsTests {
  private typealias Program = CommandLineProgram

  enum Ending: CaseIterable, Sendable {
    case signal, endOfInput, close
  }

  @Test("attach ends whatever its reader does", arguments: Ending.allCases)
  func unreadOutput(ending: Ending) async throws {
    try await withIdentityFile { identity in
      try await TestBeacon.run { beacon in
        let node = try AttachProcess(7, "--transport", "wss", "--beacon", "\(beacon.url)", identity: identity)
        #expect(try await node.event()?.event == "ready")
        let sender = try await beacon.connect(8)
        let payload = [UInt8](repeating: 1, count: 60_000)
        // Much more than a pipe holds, and nobody reads on.
        for _ in 0..<8 { try await sender.relayInTurn(payload, to: try RawNode.id(7)) }
        while beacon.server.statistics.router.relayed[RelayCell(from: .wss, to: .wss)] < 8 {
          try Task.checkCancellation()
          await Task.yield()
        }
        switch ending {
        case .signal: node.child.signal(SIGTERM)
        case .endOfInput: node.child.closeInput()
        case .close: node.write(#"{"close":true}"#)
        }
        let begin = ContinuousClock.now
        #expect(await node.child.exitStatus() == 0)
        #expect(begin.duration(to: .now) < .seconds(10))
        sender.transport.close()
      }
    }
  }

  @Test("a beacon whose log nobody reads serves on, and ends by SIGTERM")
  func unreadLog() async throws {
    try await withNodesFile(1...9, of: TestBeacon.identity) { nodes in
      let (output, error) = (Pipe(), Pipe())
      let writing = error.fileHandleForWriting.fileDescriptor
      let flags = fcntl(writing, F_GETFL)
      _ = fcntl(writing, F_SETFL, flags | O_NONBLOCK)
      let chunk = [UInt8](repeating: 0x20, count: 4_096)
      // SAFETY: write(2) reads the array's bytes.
      while unsafe chunk.withUnsafeBytes({ unsafe write(writing, $0.baseAddress, $0.count) }) > 0 {}
      _ = fcntl(writing, F_SETFL, flags)
      let process = try Program.process([
        "beacon", "--udp", "127.0.0.1:0", "--wss", "127.0.0.1:0", "--nodes", nodes.path, "--log-level", "trace",
      ])
      (process.standardOutput, process.standardError) = (output, error)
      try process.run()
      let ready = try JSONDecoder().decode([String: String].self, from: output.fileHandleForReading.availableData)
      let port = try Endpoint(parsing: try #require(ready["wss"])).port
      try await withIdentityFile { identity in
        for _ in 0..<3 {
          let node = try AttachProcess(
            7, "--transport", "wss", "--beacon", "ws://127.0.0.1:\(port)/v1/compat", identity: identity)
          #expect(try await node.event()?.event == "ready")
          node.child.end()
        }
      }
      process.terminate()
      #expect(await Program.status(of: process) == 0)
    }
  }

  @Test("SIGTERM right behind ready is graceful, every time")
  func earlySignal() async throws {
    try await withNodesFile(1...1, of: TestBeacon.identity) { nodes in
      for _ in 0..<20 {
        let beacon = try BeaconProcess(nodes: nodes)
        #expect(beacon.terminate() == 0)
      }
    }
  }

  @Test("SIGHUP ends neither a beacon nor a node, and has the nodes file looked at")
  func hangup() async throws {
    try await withNodesFile(1...1, of: TestBeacon.identity) { nodes in
      let (output, error) = (Pipe(), Pipe())
      let process = try Program.process([
        "beacon", "--udp", "127.0.0.1:0", "--wss", "127.0.0.1:0", "--nodes", nodes.path,
      ])
      (process.standardOutput, process.standardError) = (output, error)
      try process.run()
      let ready = try JSONDecoder().decode([String: String].self, from: output.fileHandleForReading.availableData)
      kill(process.processIdentifier, SIGHUP)
      var log = ""
      while !log.contains("SIGHUP") {
        let data = error.fileHandleForReading.availableData
        // The end: the beacon is gone.
        if data.isEmpty { break }
        log += String(decoding: data, as: UTF8.self)
      }
      #expect(log.contains("SIGHUP"))
      let port = try Endpoint(parsing: try #require(ready["wss"])).port
      try await withIdentityFile { identity in
        let node = try AttachProcess(
          1, "--transport", "wss", "--beacon", "ws://127.0.0.1:\(port)/v1/compat", identity: identity)
        #expect(try await node.event()?.event == "ready")
        node.child.signal(SIGHUP)
        node.write(#"{"relay":1,"payload":"01020304"}"#)
        #expect(try await node.event("deliver").sender == 1)
        node.child.closeInput()
        #expect(await node.child.exitStatus() == 0)
      }
      process.terminate()
      #expect(await Program.status(of: process) == 0)
    }
  }

  @Test("SIGHUP puts limits and log level of a changed configuration file into force, and says so")
  func changedConfiguration() async throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "hangup-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    func write(_ rate: Int, _ level: String, _ udp: String = "127.0.0.1:0") throws {
      let text = #"{"log":{"level":"\#(level)"},"beacon":{"udp":"\#(udp)","relay-rate":\#(rate)}}"#
      try Data(text.utf8).write(to: file, options: .atomic)
    }
    try write(4_000, "notice")
    let (output, error) = (Pipe(), Pipe())
    let process = try Program.process(["beacon", "--config", file.path])
    (process.standardOutput, process.standardError) = (output, error)
    try process.run()
    // Ready: from here on a signal is understood.
    #expect(!output.fileHandleForReading.availableData.isEmpty)
    var log = ""
    /// The first whole line with this text.
    func line(with text: String) throws -> Substring {
      while true {
        let lines = log.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        if let line = lines.first(where: { $0.contains(text) }) { return line }
        let data = error.fileHandleForReading.availableData
        try #require(!data.isEmpty, "the beacon is gone: \(log)")
        log += String(decoding: data, as: UTF8.self)
      }
    }
    try write(9, "info")
    kill(process.processIdentifier, SIGHUP)
    #expect(try line(with: "The configuration file has changed").hasSuffix(#"in_force=["level","relay-rate"]"#))
    #expect(!log.contains("need a restart"))
    // At notice nothing was said of signals, and at info they have a line.
    kill(process.processIdentifier, SIGHUP)
    _ = try line(with: "SIGHUP")
    try write(9, "info", "127.0.0.1:1")
    kill(process.processIdentifier, SIGHUP)
    #expect(try line(with: "Settings have changed that need a restart").hasSuffix(#"settings=["udp"]"#))
    process.terminate()
    #expect(await Program.status(of: process) == 0)
  }

  #if os(Linux)
    /// The program behind a shell's preparations.
    private static func shell(_ preparation: String, _ arguments: String...) throws -> Process {
      let process = Process()
      process.executableURL = URL(filePath: "/bin/sh")
      process.arguments = ["-c", preparation, try Program.url().path] + arguments
      process.environment = Program.sanitizerOptions
      process.standardInput = FileHandle.nullDevice
      return process
    }

    private static func destination(of descriptor: Int, in process: Process) -> String? {
      try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process.processIdentifier)/fd/\(descriptor)")
    }

    @Test("started without standard streams it opens them, so that no socket gets their numbers")
    func closedStreams() async throws {
      let process = try Self.shell(
        #"exec "$0" "$@" <&- >&- 2>&-"#, "beacon", "--udp", "127.0.0.1:0", "--http", "127.0.0.1:0")
      try process.run()
      func sockets() -> Int { (0..<64).count { Self.destination(of: $0, in: process)?.hasPrefix("socket:") == true } }
      while sockets() < 2, process.isRunning {
        try Task.checkCancellation()
        await Task.yield()
      }
      for descriptor in 0...2 { #expect(Self.destination(of: descriptor, in: process) == "/dev/null") }
      process.terminate()
      #expect(await Program.status(of: process) == 0)
    }

    @Test("the soft limit of open files is raised to the hard one")
    func descriptorLimit() async throws {
      let process = try Self.shell(#"ulimit -Sn 128; exec "$0" "$@""#, "beacon", "--udp", "127.0.0.1:0")
      let output = Pipe()
      process.standardOutput = output
      try process.run()
      #expect(!output.fileHandleForReading.availableData.isEmpty)
      let limits = try String(contentsOfFile: "/proc/\(process.processIdentifier)/limits", encoding: .utf8)
      let line = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max open files") })
      let numbers = line.split(separator: " ").compactMap { Int($0) }
      #expect(numbers.count == 2)
      #expect(numbers.first == numbers.last)
      process.terminate()
      #expect(await Program.status(of: process) == 0)
    }

    @Test(
      "a stream that can't be written to or read is told of with its cause, and ends what needs it",
      arguments: [
        (#"exec "$0" inspect 0a01 >/dev/full"#, "No space left on device"),
        (#"exec "$0" --help >/dev/full"#, "No space left on device"),
        (#"exec "$0" inspect - </tmp"#, "Is a directory"),
      ])
    func unusable(command: String, cause: String) async throws {
      let process = try Self.shell(command)
      let error = Pipe()
      process.standardError = error
      try process.run()
      let text = try await Program.contents(of: error)
      #expect(text.split(separator: "\n").count == 1)
      #expect(text.contains(cause))
      #expect(await Program.status(of: process) == 1)
    }

    @Test("an input that can't be read ends a node with its cause, and its books")
    func unusableInput() async throws {
      try await withIdentityFile { identity in
        let process = try Self.shell(
          #"exec "$0" "$@" </tmp"#, "attach", "--node", "7", "--identity", identity.path, "--transport", "udp",
          "--beacon", "udp://127.0.0.1:9")
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let lines = try await Program.contents(of: output).split(separator: "\n")
        #expect(lines.contains { $0.contains("invalid_input") && $0.contains("Is a directory") })
        #expect(lines.last?.contains("\"closed\"") == true)
        #expect(await Program.status(of: process) == 0)
      }
    }

    @Test("a beacon serves on where its log and its first line find no room", arguments: ["2>/dev/full", ">/dev/full"])
    func fullStreams(redirection: String) async throws {
      let process = try Self.shell(
        #"exec "$0" "$@" "# + redirection, "beacon", "--udp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--log-level",
        "trace")
      try process.run()
      func sockets() -> Int { (0..<64).count { Self.destination(of: $0, in: process)?.hasPrefix("socket:") == true } }
      while sockets() < 2, process.isRunning {
        try Task.checkCancellation()
        await Task.yield()
      }
      process.terminate()
      #expect(await Program.status(of: process) == 0)
    }

    @Test("what a full disk cuts off is counted, and not glued to what comes next")
    func fullDisk() async throws {
      try await withIdentityFile { identity in
        try await TestBeacon.run { beacon in
          let file = identity.deletingLastPathComponent().appending(path: "events")
          // A limit of 1 KiB for files stands in for the disk.
          let process = try Self.shell(
            #"trap '' XFSZ; ulimit -f 2; exec "$0" "$@" >> "# + file.path, "attach", "--node", "7", "--identity",
            identity.path, "--transport", "wss", "--beacon", "\(beacon.url)")
          let input = Pipe()
          process.standardInput = input
          try process.run()
          func write(_ line: String) throws {
            try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
          }
          func text() -> String { (try? String(contentsOf: file, encoding: .utf8)) ?? "" }
          while !text().contains("ready") {
            try Task.checkCancellation()
            await Task.yield()
          }
          try write(#"{"relay":7,"payload":"\#(String(repeating: "ab", count: 2_000))"}"#)
          while text().utf8.count != 1_024 {
            try Task.checkCancellation()
            await Task.yield()
          }
          try FileHandle(forWritingTo: file).truncate(atOffset: 0)
          try write(#"{"relay":7,"payload":"0102"}"#)
          while !text().hasSuffix("\"}\n") {
            try Task.checkCancellation()
            await Task.yield()
          }
          #expect(
            text()
              == "\n{\"event\":\"left_out\",\"count\":1}\n{\"event\":\"deliver\",\"sender\":7,\"payload\":\"0102\"}\n")
          process.terminate()
          #expect(await Program.status(of: process) == 0)
        }
      }
    }
  #endif
}
