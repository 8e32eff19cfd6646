import NIOPosix
import PilotConsole
import PilotTransport
import PilotWire

/// A port of this machine that leads to a service on it, by two nodes and a beacon: each a process of its own.
struct ForwardPair: Sendable {
  /// How many nodes the beacon has to know.
  static let nodes = 2
  /// The served port, and the nodes of client and service.
  private static let (port, near, far) = (9, 1, 2)
  /// How long it may take until the nodes reach each other.
  private static let patience: Duration = .seconds(20)

  /// Where clients send to.
  let door: Endpoint
  private let near: ForwardProcess
  private let far: ForwardProcess
  private let beacon: OwnBeacon

  /// What the processes have worked so far.
  struct Work: Sendable {
    /// At the client, at the service, and between them.
    var near, far, beacon: Duration

    static func - (left: Work, right: Work) -> Work {
      Work(near: left.near - right.near, far: left.far - right.far, beacon: left.beacon - right.beacon)
    }
  }

  /// Nothing where the system doesn't tell.
  var work: Work {
    Work(
      near: near.processorTime ?? .zero, far: far.processorTime ?? .zero,
      beacon: beacon.address.processorTime ?? .zero)
  }

  /// Lends a pair whose nodes have reached each other by the path that is wanted.
  ///
  /// - Parameters:
  ///   - path: Which way they go.
  ///   - service: What is served.
  ///   - credentials: What they know each other by.
  ///   - body: Uses it. What is started here ends with it.
  static func with<Result: Sendable>(
    _ path: ForwardBenchPath, to service: Endpoint, _ credentials: BenchCredentials,
    _ body: (ForwardPair) async throws -> Result
  ) async throws -> Result {
    let beacon = try await OwnBeacon.start(
      isSecure: path == .relayOverWSS, connections: nodes, limitsRates: false, credentials)
    defer { beacon.end() }
    let waiters = NIOThreadPool(numberOfThreads: nodes)
    waiters.start()
    defer { waiters.shutdownGracefully { _ in } }
    let far = try ForwardProcess.start(
      ["serve", "\(port)=\(service)"], node: Self.far, by: path, at: beacon.address, credentials, waiters: waiters)
    defer { far.end() }
    let near = try ForwardProcess.start(
      ["udp", "127.0.0.1:0", "\(Self.far):\(port)"], node: Self.near, by: path, at: beacon.address, credentials,
      waiters: waiters)
    defer { near.end() }
    let door = try await meet(near, far, by: path)
    let pair = ForwardPair(door: door, near: near, far: far, beacon: beacon)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      for process in [near, far] { group.addTask { await process.drain() } }
      defer {
        near.end()
        far.end()
      }
      return try await body(pair)
    }
  }

  /// Waits until both have gone the path.
  ///
  /// - Returns: Where clients send to.
  private static func meet(
    _ near: ForwardProcess, _ far: ForwardProcess, by path: ForwardBenchPath
  ) async throws -> Endpoint {
    try await withThrowingTaskGroup(of: Endpoint?.self) { group in
      group.addTask {
        let ready = try await near.next { $0.event == "ready" }
        _ = try await near.next { $0.event == "path" && $0.path == path.rawValue }
        return try Endpoint(parsing: ready.local ?? "")
      }
      group.addTask {
        _ = try await far.next { $0.event == "path" && $0.path == path.rawValue }
        return nil
      }
      group.addTask {
        try await Task.sleep(for: patience)
        throw CommandFailure("the nodes didn't reach each other by \(path.rawValue) within \(patience.seconds) s")
      }
      defer {
        group.cancelAll()
      }
      var door: Endpoint?
      for _ in 0..<nodes { door = try await group.next().flatMap(\.self) ?? door }
      guard let door else { throw CommandFailure("pilot forward didn't say where it listens") }
      return door
    }
  }
}
