import PilotConsole
import PilotFixtures
import PilotIdentity
import PilotTransport
import PilotWSS
import PilotWire

/// Sends over a WebSocket connection, one way, to a process that only counts.
struct WSSBench: Sendable {
  /// Bytes per frame.
  let length: Int
  let duration: Duration
  /// Whether over TLS; both in turn by default.
  let secure: [Bool]
  /// Whether by the batch; both in turn by default.
  let batched: [Bool]
  let output: BenchOutput

  /// Measures all that is asked for.
  func run() async throws {
    let authority = try ThrowawayAuthority()
    defer { authority.remove() }
    var table = WSSResult.table
    for isSecure in secure {
      for isBatched in batched {
        output.status("\(isSecure ? "wss" : "ws"), \(isBatched ? "batched" : "single")")
        let result = try await measure(isBatched: isBatched, authority: isSecure ? authority : nil)
        try Task.checkCancellation()
        try await output.add(result.json)
        table.add(result.row)
      }
    }
    try await output.add(table)
  }

  /// Measures from the first send to the answer to a question behind the last frame: the connection keeps the order, so
  /// all that arrives has arrived by then.
  private func measure(isBatched: Bool, authority: ThrowawayAuthority?) async throws -> WSSResult {
    guard let node = NodeID(1) else { throw CommandFailure("there is no node 1") }
    let identity = Identity()
    let sink = try await WSSSink.start(for: node, identity, authority: authority)
    defer { sink.end() }
    var configuration = WSSTransport.Configuration(beacon: sink.url, node: node, identity: identity)
    if let authority { configuration.trust = .file(authority.authorityPath) }
    let transport = try await WSSTransport.connect(configuration)
    defer { transport.close() }
    var receiver = try transport.makeReceiver()
    let sender = WSSSender(transport: transport, length: length, isBatched: isBatched, duration: duration)
    let (start, worked) = (MonotonicInstant.now(), ProcessorTime.ofProcess())
    let sent = try await sender.send()
    try await sender.ask([UInt8](repeating: 0x3F, count: WSSSinkDispatcher.questionLength))
    let answer = try await receiver.next()
    let elapsed = start.duration(to: .now())
    let processorTime = ProcessorTime.ofProcess() - worked
    try answer.bytes.require(8)
    let received: UInt64 = answer.bytes.bigEndian(at: 0)
    return WSSResult(
      isSecure: authority != nil, isBatched: isBatched, length: length, sent: sent, received: Int(clamping: received),
      elapsed: elapsed, processorTime: processorTime)
  }
}
