import PilotIdentity
import PilotNode
import PilotTransport
import PilotUDP
import PilotWSS
import PilotWire

/// What a node adds to its transport, beside the `by-hand` cases, and what a second path adds to that while nothing moves.
extension HotPath {
  static let node: [HotPath] = [
    HotPath("node-send") { count, stopwatch in try nodeSend(count, &stopwatch) },
    HotPath("node-send-batch") { count, stopwatch in try nodeSendBatch(count, &stopwatch) },
    HotPath("node-receive-batch") { count, stopwatch in try await nodeReceiveBatch(count, &stopwatch) },
    HotPath("node-send-two-paths") { count, stopwatch in try await nodeSendOverTwo(count, &stopwatch) },
    HotPath("node-receive-batch-two-paths") { count, stopwatch in
      try await nodeReceiveBatch(count, paths: 2, &stopwatch)
    },
  ]

  private static let perBatch = 32

  /// A node on a transport, whose beacon says nothing by itself.
  ///
  /// - Parameter paths: 2 for one that has a connection at rest beside UDP.
  private static func makeNode(
    _ id: NodeID, on transport: UDPTransport, beacon: Endpoint, paths: Int = 1
  ) throws -> Node {
    var times = BeaconLink.Configuration()
    // No timer comes in between.
    times.patience = .seconds(3_600)
    times.registration.retry = .seconds(3_600)
    let identity = Identity()
    var setups = [Node.PathSetup(transport, .datagrams(beacon: beacon))]
    if paths == 2 {
      let wss = WSSTransport.Configuration(
        beacon: try WSSURL(parsing: "ws://127.0.0.1:9"), node: id, identity: identity)
      setups.append(Node.PathSetup(try WSSTransport.start(wss, dialing: false), .connection(beacon: .wssBeacon)))
    }
    var choosing = PathSelection.Configuration()
    choosing.headStart = .seconds(3_600)
    choosing.opening = .seconds(3_600)
    choosing.samplingInterval = .seconds(3_600)
    choosing.probing.interval = .seconds(3_600)
    choosing.probing.busyInterval = .seconds(3_600)
    choosing.probing.idleInterval = .seconds(3_600)
    choosing.probing.longestWait = .seconds(3_600)
    choosing.probing.shortestWait = .seconds(3_600)
    return try Node(id: id, identity: identity, over: setups, times: times, choosing: choosing)
  }

  private static func nodeSend(_ count: Int, _ stopwatch: inout Stopwatch) throws -> UInt64 {
    let samples = Samples(length: 1200)
    let ids = try Samples.nodes(2)
    let pair = try LoopbackPair()
    defer { pair.close() }
    let node = try makeNode(ids[0], on: pair.sender, beacon: pair.receiver.localEndpoint)
    let peer = ids[1]
    stopwatch.start()
    for index in 0..<count { try node.send(samples.bytes(at: index), to: peer) }
    stopwatch.stop()
    return node.counters.messagesSent
  }

  /// As `node-send`, with a second path that isn't needed.
  private static func nodeSendOverTwo(_ count: Int, _ stopwatch: inout Stopwatch) async throws -> UInt64 {
    let samples = Samples(length: 1200)
    let ids = try Samples.nodes(2)
    let pair = try LoopbackPair()
    defer { pair.close() }
    let node = try makeNode(ids[0], on: pair.sender, beacon: pair.receiver.localEndpoint, paths: 2)
    let shown = RelayDeliver(sender: ids[1], payload: samples.bytes(at: 0)).encoded()
    try pair.receiver.send(shown, to: pair.sender.localEndpoint)
    var receiver = try node.makeReceiver()
    while !node.state.isReady, try await receiver.next() != nil {}
    let peer = ids[1]
    stopwatch.start()
    for index in 0..<count { try node.send(samples.bytes(at: index), to: peer) }
    stopwatch.stop()
    return node.counters.messagesSent
  }

  private static func nodeSendBatch(_ count: Int, _ stopwatch: inout Stopwatch) throws -> UInt64 {
    let samples = Samples(length: 1200)
    let ids = try Samples.nodes(2)
    let pair = try LoopbackPair()
    defer { pair.close() }
    let node = try makeNode(ids[0], on: pair.sender, beacon: pair.receiver.localEndpoint)
    let peer = ids[1]
    var batch = node.makeBatch()
    stopwatch.start()
    for _ in 0..<max(1, count / perBatch) {
      for index in 0..<perBatch where !batch.append(samples.bytes(at: index), to: peer) {
        throw UnexpectedResult(what: "a full batch")
      }
      let taken = try node.send(contentsOf: batch)
      guard taken == perBatch else { throw UnexpectedResult(what: "\(taken) payloads taken") }
      batch.removeAll()
    }
    stopwatch.stop()
    return node.counters.messagesSent
  }

  /// Sent by the beacon's transport and received by the node's, by the batch.
  private static func nodeReceiveBatch(
    _ count: Int, paths: Int = 1, _ stopwatch: inout Stopwatch
  ) async throws -> UInt64 {
    let ids = try Samples.nodes(2)
    let payload = [UInt8](repeating: 7, count: 1200)
    let frame = RelayDeliver(sender: ids[1], payload: payload.span.raw).encoded()
    let pair = try LoopbackPair()
    defer { pair.close() }
    let node = try makeNode(ids[0], on: pair.receiver, beacon: pair.sender.localEndpoint, paths: paths)
    var receiver = try node.makeReceiver()
    var batch = FrameBatch()
    for _ in 0..<perBatch where !batch.append(frame.span.raw, to: pair.receiver.localEndpoint) {
      throw UnexpectedResult(what: "a full batch")
    }
    var sum: UInt64 = 0
    var (missing, turns) = (0, max(1, count / perBatch))
    stopwatch.start()
    try await withTaskExecutorPreference(pair.receiver.executor) {
      missing = try pair.sender.send(contentsOf: batch)
      try await receiver.forEach { event throws(TransportError) in
        guard case .message(let message) = event else { return }
        sum &+= UInt64(message.payload.byteCount)
        missing -= 1
      } whenDrained: { () async throws(TransportError) in
        guard missing == 0 else { return }
        turns -= 1
        if turns == 0 { return node.leave() }
        missing = try pair.sender.send(contentsOf: batch)
      }
    }
    stopwatch.stop()
    return sum
  }
}
