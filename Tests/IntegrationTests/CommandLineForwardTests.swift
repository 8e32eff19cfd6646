import Foundation
import PilotConsole
import PilotIdentity
import PilotTransport
import PilotUDP
import PilotWire
import Testing

@testable import PilotBeacon
@testable import PilotCommands

/// A UDP service that sends back what it gets, with a byte in front.
private final class EchoService: Sendable {
  static let mark: UInt8 = 0xEC
  let socket: UDPTransport
  private let task: Task<Void, any Error>

  init(port: UInt16 = 0) throws {
    var configuration = UDPTransport.Configuration()
    configuration.bindTo = .loopback(port: port)
    let socket = try UDPTransport.bind(configuration)
    self.socket = socket
    task = Task {
      var receiver = try socket.makeReceiver()
      try await receiver.forEach { frame in
        try? socket.send([Self.mark] + frame.copiedBytes, to: frame.source)
      }
    }
  }

  var address: Endpoint { socket.localEndpoint }

  func close() { socket.close() }

  deinit { close() }
}

/// A program that uses the forwarded port.
private final class Client: @unchecked Sendable {  // a test uses it from one task at a time
  let socket: UDPTransport
  private let service: Endpoint
  private var receiver: Receiver

  init(_ service: Endpoint) throws {
    var configuration = UDPTransport.Configuration()
    configuration.bindTo = .loopback(port: 0)
    socket = try UDPTransport.bind(configuration)
    receiver = try socket.makeReceiver()
    self.service = service
  }

  func send(_ bytes: [UInt8]) throws { try socket.send(bytes, to: service) }

  func next() async throws -> [UInt8] { try await Self.next(&receiver) }

  private static func next(_ receiver: inout Receiver) async throws -> [UInt8] {
    let frame = try await receiver.next()
    return frame.copiedBytes
  }

  func ask(_ bytes: [UInt8]) async throws -> [UInt8] {
    try send(bytes)
    return try await next()
  }
}

@Suite("pilot forward", .timeLimit(.minutes(2)))
struct CommandLineForwardTests {
  enum Way: CaseIterable, Sendable {
    case udp, wss, directUDP

    func options(_ beacon: TestBeacon) -> [String] {
      switch self {
      case .udp: ["--beacon", "udp://\(beacon.udp)", "--direct", "never"]
      case .wss: ["--beacon", "\(beacon.url)", "--direct", "never"]
      case .directUDP: ["--beacon", "udp://\(beacon.udp)"]
      }
    }

    var path: String {
      switch self {
      case .udp: "relay-udp"
      case .wss: "relay-wss"
      case .directUDP: "direct"
      }
    }
  }

  private static func payload(_ length: Int, _ seed: Int) -> [UInt8] {
    (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ seed) }
  }

  @Test("many clients reach a service through two processes, each with a flow of its own", arguments: Way.allCases)
  func forwards(_ way: Way) async throws {
    try await withTwoSides { serving, using, beacon in
      let service = try EchoService()
      let server = try TunnelProcess(
        ["forward", "serve", "53=\(service.address)"], as: serving, by: way.options(beacon))
      #expect(try await server.event("ready").port == 53)
      let user = try TunnelProcess(
        ["forward", "udp", "127.0.0.1:0", "7:53", "--stats"], as: using, by: way.options(beacon))
      let local = try Endpoint(parsing: #require(try await user.event("ready").local))
      try await user.event("path") { $0.peer == 7 && $0.path == way.path }
      try await server.event("path") { $0.peer == 9 && $0.path == way.path }
      let clients = try (0..<20).map { _ in try Client(local) }
      for (number, client) in clients.enumerated() {
        for length in [0, 1, 600, 1_152] {
          let bytes = Self.payload(length, number)
          #expect(try await client.ask(bytes) == [EchoService.mark] + bytes)
        }
      }
      // Too long for one datagram: dropped, counted, and what follows gets through.
      try clients[0].send(Self.payload(1_154, 0))
      #expect(try await clients[0].ask([1]) == [EchoService.mark, 1])
      let stats = try await user.event("stats") { $0.sent == 81 && $0.received == 81 && $0.rtt_us != nil }
      #expect(stats.peer == 7 && stats.dropped?["too_large"] == 1)
      #expect(stats.sent_bytes == 20 * (1 + 600 + 1_152) + 1)
      user.child.signal(SIGTERM)
      #expect(await user.child.exitStatus() == 0)
      server.child.signal(SIGINT)
      #expect(await server.child.exitStatus() == 130)
    }
  }

  @Test("a service that is down is named once, and again when it answers")
  func service() async throws {
    try await withTwoSides { serving, using, beacon in
      let first = try EchoService()
      let address = first.address
      first.close()
      let server = try TunnelProcess(
        ["forward", "serve", "53=\(address)"], as: serving, by: Way.udp.options(beacon))
      try await server.event("ready")
      let user = try TunnelProcess(["forward", "udp", "127.0.0.1:0", "7:53"], as: using, by: Way.udp.options(beacon))
      let client = try Client(Endpoint(parsing: #require(try await user.event("ready").local)))
      try client.send([1])
      let down = try await server.event("service")
      #expect(down.port == 53 && down.state == "down")
      let second = try EchoService(port: address.port)
      // The change is told a second after the other one at the earliest.
      let asking = Self.sending(from: client)
      defer { asking.cancel() }
      #expect(try await client.next() == [EchoService.mark, 2])
      #expect(try await server.event("service").state == "up")
      second.close()
    }
  }

  @Test("a service that listens on one address of its name alone is found")
  func named() async throws {
    try await withTwoSides { serving, using, beacon in
      let service = try EchoService()
      let server = try TunnelProcess(
        ["forward", "serve", "53=localhost:\(service.address.port)"], as: serving, by: Way.udp.options(beacon))
      try await server.event("ready")
      let user = try TunnelProcess(["forward", "udp", "127.0.0.1:0", "7:53"], as: using, by: Way.udp.options(beacon))
      let client = try Client(Endpoint(parsing: #require(try await user.event("ready").local)))
      let asking = Self.sending(from: client)
      defer { asking.cancel() }
      #expect(try await client.next() == [EchoService.mark, 2])
      service.close()
    }
  }

  @Test("a peer that has ended is named, though there is a session with it")
  func ended() async throws {
    try await withTwoSides { serving, using, beacon in
      let service = try EchoService()
      let server = try TunnelProcess(
        ["forward", "serve", "53=\(service.address)"], as: serving, by: Way.udp.options(beacon))
      try await server.event("ready")
      let user = try TunnelProcess(["forward", "udp", "127.0.0.1:0", "7:53"], as: using, by: Way.udp.options(beacon))
      let client = try Client(Endpoint(parsing: #require(try await user.event("ready").local)))
      #expect(try await client.ask([1]) == [EchoService.mark, 1])
      // Its socket stays, so that nobody else says that it isn't there.
      server.child.signal(SIGSTOP)
      defer { server.child.signal(SIGCONT) }
      let asking = Self.sending(from: client)
      defer { asking.cancel() }
      #expect(try await user.event("silent").peer == 7)
    }
  }

  @Test("--allow is for what is served, and doesn't close this node's own forwards")
  func bothWays() async throws {
    try await withTwoSides { serving, using, beacon in
      let service = try EchoService()
      let other = try TunnelProcess(
        ["forward", "serve", "53=\(service.address)"], as: using, by: Way.udp.options(beacon))
      try await other.event("ready")
      let both = try TunnelProcess(
        ["forward", "--local", "127.0.0.1:0=9:53", "--serve", "51=\(service.address)", "--allow", "11"], as: serving,
        by: Way.udp.options(beacon))
      let client = try Client(Endpoint(parsing: #require(try await both.event("ready").local)))
      #expect(try await client.ask([1]) == [EchoService.mark, 1])
    }
  }

  /// Sends a datagram again and again.
  private static func sending(from client: Client) -> Task<Void, any Error> {
    Task {
      while !Task.isCancelled {
        try client.send([2])
        try await Task.sleep(for: .milliseconds(50))
      }
    }
  }

  @Test("only whom --allow names is served, only who has the key that is known, and both are said")
  func refused() async throws {
    try await withTwoSides { serving, using, beacon in
      let service = try EchoService()
      let server = try TunnelProcess(
        ["forward", "serve", "53=\(service.address)", "--allow", "11"], as: serving, by: Way.udp.options(beacon))
      try await server.event("ready")
      let user = try TunnelProcess(["forward", "udp", "127.0.0.1:0", "7:53"], as: using, by: Way.udp.options(beacon))
      let client = try Client(Endpoint(parsing: #require(try await user.event("ready").local)))
      try client.send([1])
      let refused = try await server.event("refused")
      #expect(refused.peer == 9 && refused.reason == "not_allowed")
      #expect(try await user.event("silent").peer == 7, "who is refused isn't told: it finds out by itself")
      server.child.signal(SIGTERM)
      _ = await server.child.exitStatus()

      try serving.know([9: Identity().publicKey])
      let strict = try TunnelProcess(
        ["forward", "serve", "53=\(service.address)"], as: serving, by: Way.udp.options(beacon))
      try await strict.event("ready")
      try client.send([2])
      #expect(try await strict.event("refused").reason == "wrong_key")
      // The right key is taken as soon as the file has it.
      try serving.know([9: using.identity.publicKey])
      try await strict.event("path") { $0.peer == 9 && $0.path == "relay-udp" }
      #expect(try await client.next().first == EchoService.mark)

      try serving.know([:])
      try await strict.event("path") { $0.peer == 9 && $0.path == "none" }
      let again = try TunnelProcess(["forward", "udp", "127.0.0.1:0", "7:53"], as: using, by: Way.udp.options(beacon))
      try await again.event("ready")
      #expect(try await strict.event("refused").reason == "unknown")
    }
  }

  @Test("a node that isn't there is named, and until a beacon is reached it says that it waits")
  func gone() async throws {
    try await withTwoSides { _, using, beacon in
      let waiting = try TunnelProcess(
        ["forward", "udp", "127.0.0.1:0", "7:53"], as: using, by: ["--beacon", "ws://127.0.0.1:9"])
      #expect(try await waiting.event()?.event == "waiting")
      let user = try TunnelProcess(["forward", "udp", "127.0.0.1:0", "7:53"], as: using, by: Way.wss.options(beacon))
      try await user.event("ready")
      #expect(try await user.event("gone").peer == 7)
    }
  }

  @Test("several forwards in one process, by a configuration file that pilot pair has made")
  func paired() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (one, other) = (folder.appending(path: "one").path, folder.appending(path: "other").path)
    try await TestBeacon.run { beacon in
      let url = "udp://\(beacon.udp)"
      let first = try await CommandLineProgram.run("pair", "init", "--node", "7", "--beacon", url, "--folder", one)
      #expect(first.status == 0 && first.output.hasPrefix("pilot:1:7:"), "\(first.error)")
      let second = try await CommandLineProgram.run("pair", "accept", first.output, "--node", "9", "--folder", other)
      #expect(second.status == 0 && second.output.hasPrefix("pilot:1:9:"), "\(second.error)")
      let third = try await CommandLineProgram.run("pair", "accept", second.output, "--folder", one)
      #expect(third.status == 0 && third.output.isEmpty, "\(third.error)")
      let service = try EchoService()
      // Where the settings are found by themselves.
      let server = try CommandLineProgram.process(
        ["forward", "--serve", "53=\(service.address)", "--serve", "54=\(service.address)", "--json"],
        environment: ["PILOT_CONFIG": one + "/pilot.json"])
      try server.run()
      defer { server.terminate() }
      let user = try CommandLineProgram.process(
        ["forward", "--local", "127.0.0.1:0=7:53", "--local", "[::1]:0=7:54", "--json"],
        environment: ["XDG_CONFIG_HOME": folder.path])
      try FileManager.default.moveItem(atPath: other, toPath: folder.appending(path: "pilot").path)
      let settings = folder.appending(path: "pilot/pilot.json")
      let moved = try String(contentsOf: settings, encoding: .utf8).replacing("/other/", with: "/pilot/")
      try Data(moved.utf8).write(to: settings)
      let output = Pipe()
      user.standardOutput = output
      try user.run()
      defer { user.terminate() }
      var locals: [Endpoint] = []
      var text = ""
      while locals.count < 2 {
        let part = await Self.available(output.fileHandleForReading)
        try #require(!part.isEmpty, "it ended after \(text)")
        text += part
        locals = try text.split(separator: "\n").filter { $0.hasSuffix("}") }.compactMap { line in
          try JSONDecoder().decode(TunnelProcess.Event.self, from: Data(line.utf8)).local.map {
            try Endpoint(parsing: $0)
          }
        }
      }
      let client = try Client(locals[0])
      #expect(try await client.ask([5]) == [EchoService.mark, 5])
      var configuration = UDPTransport.Configuration()
      configuration.bindTo = Endpoint(high: 0, low: 1, port: 0)
      let six = try UDPTransport.bind(configuration)
      var receiver = try six.makeReceiver()
      try six.send([6], to: locals[1])
      let answer = try await receiver.next()
      #expect(answer.copiedBytes == [EchoService.mark, 6])
    }
  }

  /// What has come through a pipe; nothing at its end. Off the threads that tasks share.
  private static func available(_ handle: FileHandle) async -> String {
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(returning: String(decoding: handle.availableData, as: UTF8.self))
      }
    }
  }

  @Test("what can't be forwarded is wrong usage, and says what to write")
  func usage() async throws {
    for arguments in [
      ["forward"], ["forward", "udp", "127.0.0.1:1", "7:0"], ["forward", "serve", "53"],
      ["forward", "udp", "127.0.0.1:1", "7:53"], ["forward", "serve", "1=a:1", "--allow", "x"], ["ping", "0"],
      ["ping", "7", "--count", "0"], ["pair"], ["pair", "accept", "hello"],
    ] {
      let process = try CommandLineProgram.process(arguments)
      let error = Pipe()
      process.standardError = error
      try process.run()
      let text = try await CommandLineProgram.contents(of: error)
      #expect(await CommandLineProgram.status(of: process) == 2, "\(arguments): \(text)")
      #expect(text.contains("pilot: ") || text.contains("Error: "), "\(arguments): \(text)")
    }
  }
}

@Suite("pilot ping", .timeLimit(.minutes(1)))
struct CommandLinePingTests {
  @Test("answers are counted and summed up, by each way", arguments: CommandLineForwardTests.Way.allCases)
  func pings(_ way: CommandLineForwardTests.Way) async throws {
    try await withTwoSides { serving, using, beacon in
      let service = try EchoService()
      let server = try TunnelProcess(
        ["forward", "serve", "53=\(service.address)"], as: serving, by: way.options(beacon))
      try await server.event("ready")
      let ping = try TunnelProcess(
        ["ping", "7", "--count", "4", "--interval", "0.05"], as: using, by: way.options(beacon))
      for number in 1...4 { #expect(try await ping.event("reply").seq == number) }
      let summary = try await ping.event("summary")
      #expect(summary.sent == 4 && summary.received == 4)
      #expect(try #require(summary.min_us) <= #require(summary.p99_us))
      #expect(await ping.child.exitStatus() == 0)
    }
  }

  @Test("both sides of a tunnel capture what they send and receive, until they end")
  func captures() async throws {
    try await withTwoSides { serving, using, beacon in
      let service = try EchoService()
      let way = CommandLineForwardTests.Way.udp.options(beacon)
      func file(_ name: String) -> String { using.folder.appending(path: name).path }
      let server = try TunnelProcess(
        ["forward", "serve", "53=\(service.address)", "--capture", file("forward"), "--capture-limit", "1"],
        as: serving, by: way)
      try await server.event("ready")
      let ping = try TunnelProcess(["ping", "7", "--count", "1", "--capture", file("ping")], as: using, by: way)
      try await ping.event("summary")
      #expect(await ping.child.exitStatus() == 0)
      server.child.signal(SIGTERM)
      #expect(await server.child.exitStatus() == 0)
      for (name, node, peer) in [("forward", 7, 9), ("ping", 9, 7)] as [(String, UInt8, UInt8)] {
        let bytes = try #require(FileManager.default.contents(atPath: file(name)))
        #expect(bytes.starts(with: [0x0A, 0x0D, 0x0D, 0x0A]))
        // Its Discover, and a Relay to the other one.
        #expect(bytes.range(of: Data([1, 0, 0, 0, node])) != nil)
        #expect(bytes.range(of: Data([5, 0, 0, 0, node, 0, 0, 0, peer])) != nil)
      }
    }
  }

  @Test("to a node that isn't there nothing comes back: exit 1; SIGINT ends it with the summary, and 130")
  func nothing() async throws {
    try await withTwoSides { serving, using, beacon in
      let ping = try TunnelProcess(
        ["ping", "7", "--interval", "0.05"], as: using, by: CommandLineForwardTests.Way.udp.options(beacon))
      let service = try EchoService()
      let server = try TunnelProcess(
        ["forward", "serve", "53=\(service.address)"], as: serving,
        by: CommandLineForwardTests.Way.udp.options(beacon))
      try await ping.event("reply")
      ping.child.signal(SIGINT)
      let summary = try await ping.event("summary")
      #expect(try #require(summary.received) >= 1)
      #expect(await ping.child.exitStatus() == 130)
      server.child.end()

      try serving.know([:])
      try using.know([7: Identity().publicKey])
      let alone = try TunnelProcess(
        ["ping", "7", "--count", "2", "--interval", "0.05"], as: using,
        by: CommandLineForwardTests.Way.wss.options(beacon))
      let none = try await alone.event("summary")
      #expect(none.sent == 2 && none.received == 0)
      #expect(await alone.child.exitStatus() == 1)
    }
  }
}
