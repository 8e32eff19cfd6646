import Logging
import NIOCore
import PilotBeacon
import PilotIdentity
import PilotTransport
import PilotWSS
import PilotWire
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A process that may open no more files. In processes of their own: the limit is the whole process's.
@Suite("Without descriptors", .timeLimit(.minutes(1)))
struct DescriptorShortageTests {
  @Test("The WebSocket port says what is wrong, once, and serves who waited as soon as there are descriptors again")
  func webSocketPort() async {
    await #expect(processExitsWith: .success) {
      try await DescriptorShortage.recovers { $0.wss }
    }
  }

  @Test("So does the status port")
  func statusPort() async {
    await #expect(processExitsWith: .success) {
      try await DescriptorShortage.recovers { $0.http }
    }
  }

  @Test("A beacon takes no more connections than the limit of open files has room for, and says so with both numbers")
  func limit() async {
    await #expect(processExitsWith: .success) {
      try DescriptorShortage.setLimit(200)
      let (server, log) = try await DescriptorShortage.start()
      let line = try #require(log.lines(beginning: "Fewer WebSocket connections than configured").first)
      #expect(line.level == .notice)
      #expect(line.metadata == ["configured": "10000", "connections": "136", "open_files": "200"])
      server.stop()
    }
  }
}

/// What happens in the processes.
private enum DescriptorShortage {
  static func start() async throws -> (BeaconServer, LogRecorder) {
    var configuration = BeaconServer.Configuration()
    let loopback = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
    configuration.udp = loopback
    configuration.udpSockets = 1
    configuration.wss = BeaconServer.Configuration.WebSocket(address: loopback)
    configuration.http = loopback
    let log = LogRecorder()
    return (try await BeaconServer.start(configuration, keys: StaticKeyDirectory([:]), logger: log.logger), log)
  }

  static func recovers(at port: (BeaconServer.Addresses) -> Endpoint?) async throws {
    let (server, log) = try await start()
    let address = try #require(port(server.addresses))
    let request = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    // Once before, so that nothing has to be opened for the first time later.
    #expect(try await HTTPExchange.answer(to: request, from: address).hasSuffix("ok\n"))
    let before = DescriptorLimit.current
    let start = ContinuousClock.now
    // Room for the client's socket, and for none beyond it.
    try setLimit(try lowestFreeDescriptor() + 1)
    let answer = try await HTTPExchange.begin(request, at: address)
    let line = try #require(await log.first(beginning: "No more connections can be accepted"))
    #expect(line.level == .warning)
    #expect(line.metadata["remedy"]?.contains("ulimit -n") == true)
    #expect(line.metadata["listener"] != nil)
    try setLimit(before)
    #expect(try await answer.get().hasSuffix("ok\n"))
    // It rests in between, instead of trying for as long as it takes.
    #expect(start.duration(to: .now) >= .seconds(1))
    #expect(log.lines(beginning: "No more connections can be accepted").count == 1)
    server.stop()
  }

  private static func lowestFreeDescriptor() throws -> Int {
    let descriptor = dup(0)
    try #require(descriptor >= 0)
    close(descriptor)
    return Int(descriptor)
  }

  static func setLimit(_ count: Int) throws {
    var limit = rlimit()
    #if canImport(Glibc)
      let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
      let kind = RLIMIT_NOFILE
    #endif
    // SAFETY: both calls work on one `rlimit`, which lives for their length.
    try #require(unsafe getrlimit(kind, &limit) == 0)
    limit.rlim_cur = rlim_t(count)
    let result = unsafe setrlimit(kind, &limit)
    try #require(result == 0)
  }
}
