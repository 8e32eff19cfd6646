import Logging
import PilotTransport
import PilotWire
import Synchronization
import Testing

@testable import PilotBeacon
@testable import PilotWSS

struct BeaconJournalTests {
  @Test("Of refusals of one kind a second has one line at most, and each is counted")
  func refusals() {
    let lines = Lines()
    let journal = BeaconJournal(logger: Logger(label: "test") { _ in LineCounter(lines: lines) })
    let remote = Endpoint(ipv4: 192, 0, 2, 1, port: 1)
    let start = ContinuousClock.now
    for _ in 0..<1_000 {
      journal.refused(WSSRefusal(reason: .wrongKey, node: nil, beacon: nil, remote: remote))
      journal.refused(WSSRefusal(reason: .unknownNode, node: nil, beacon: nil, remote: remote))
    }
    let seconds = Int(start.duration(to: .now).components.seconds)
    #expect(journal.refusals == [.wrongKey: 1_000, .unknownNode: 1_000])
    for reason in ["wrong_key", "unknown_node"] {
      let count = lines.byReason.withLock { $0[reason, default: 0] }
      #expect(count >= 1 && count <= 1 + seconds)
    }
  }

  @Test("Of nodes that attach a second has twenty audit lines at most, which say how many are left out")
  func attachments() async throws {
    let connection = try await TestBeacon.endedConnection()
    let log = LogRecorder()
    let journal = BeaconJournal(logger: log.logger)
    let start = ContinuousClock.now
    for _ in 0..<500 { journal.attached(connection) }
    let seconds = Int(start.duration(to: .now).components.seconds)
    let lines = log.lines(beginning: "Node attached")
    #expect(lines.count >= 20 && lines.count <= 20 * (1 + seconds))
    #expect(lines.allSatisfy { $0.level == .info && $0.metadata["audit"] == "attached" })
    #expect(lines.first?.metadata["node"] == "\(connection.node)" && lines.first?.metadata["left_out"] == "0")
    journal.attached(connection, replacing: true)
    #expect(log.lines(beginning: "Node attached, and").map { $0.metadata["audit"] } == ["replaced"])
    #expect(journal.recent.all.count == min(50, lines.count + 1))
    #expect(journal.recent.all.first?.text == "Connection replaced")
  }

  @Test("Connections that aren't upgraded have a line with their source, one a second of a kind, and each is counted")
  func failures() {
    let log = LogRecorder()
    let journal = BeaconJournal(logger: log.logger)
    let remote = Endpoint(ipv4: 192, 0, 2, 1, port: 1)
    let start = ContinuousClock.now
    for _ in 0..<1_000 {
      journal.failed(HandshakeFailure(.badRequest, remote: remote, detail: "words"), at: .webSocket)
      journal.failed(HandshakeFailure(.hungUp, remote: remote), at: .status)
    }
    let seconds = Int(start.duration(to: .now).components.seconds)
    #expect(journal.failures(at: .webSocket) == [.badRequest: 1_000])
    #expect(journal.failures(at: .status) == [.hungUp: 1_000])
    let lines = log.lines(beginning: "Connection not upgraded")
    #expect(lines.count >= 1 && lines.count <= 1 + seconds)
    #expect(lines.first?.level == .notice)
    #expect(
      lines.first?.metadata == [
        "reason": "bad_request", "remote": "\(remote)", "left_out": "0", "detail": "words",
      ])
    // A health check that hangs up is nothing to look into.
    #expect(log.lines(beginning: "Request for status").first?.level == .debug)
  }

  @Test("Moves, probes and revocations are told with their node, its endpoints and how many were left out")
  func incidents() throws {
    let log = LogRecorder()
    let (node, old, new) = (
      try RawNode.id(7), Endpoint(ipv4: 192, 0, 2, 1, port: 1), Endpoint(ipv4: 192, 0, 2, 2, port: 2)
    )
    var flood = RouterIncident(.probed, node, from: old, to: new)
    flood.more = 999
    BeaconJournal(logger: log.logger).noted([
      RouterIncident(.moved(.silence), node, from: old, to: new), flood,
      RouterIncident(.revoked, node, from: old, to: nil), RouterIncident(.claimRefused, node, from: old, to: new),
      RouterIncident(.unaskable, node, from: old, to: new),
      RouterIncident(.refused(.refusedUnlisted), node, from: old, to: nil),
    ])
    let both = ["node": "7", "from": "\(old)", "to": "\(new)"]
    #expect(
      log.lines(beginning: "Node moved").map(\.metadata) == [
        both.merging(["audit": "moved", "cause": "silence"]) { $1 }
      ])
    #expect(
      log.lines(beginning: "Node claimed from elsewhere, its").map(\.metadata)
        == [both.merging(["left_out": "999"]) { $1 }])
    #expect(
      log.lines(beginning: "Discover refused").map(\.metadata)
        == [["audit": "refused", "node": "7", "from": "\(old)", "reason": "refused_unlisted"]])
    #expect(log.lines(beginning: "Claim refused").map(\.metadata) == [both])
    #expect(log.lines(beginning: "Node claimed from elsewhere can't be asked").map(\.metadata) == [both])
    #expect(log.lines(beginning: "Node's proof").map(\.metadata) == [["node": "7", "from": "\(old)"]])
  }

  @Test("What the limits of sources have dropped is one line, with the sources")
  func topSources() throws {
    let log = LogRecorder()
    var sources = TopSources(hash: KeyedHash(seed: 1))
    for _ in 0..<7 { sources.count(SourceKey(Endpoint(ipv4: 192, 0, 2, 1, port: 1))) }
    sources.count(SourceKey(try RawNode.id(7)))
    let drops = sources.take(5)
    BeaconJournal(logger: log.logger).dropped(try #require(drops))
    let lines = log.lines(beginning: "Frames dropped").map(\.metadata)
    #expect(lines.count == 1 && lines[0]["dropped"] == "8")
    let told = lines.first?["top_sources"] ?? ""
    #expect(told.contains("192.0.2.1: 7") && told.contains("node 7: 1"))
  }

  @Test("A beacon logs that a node has moved", .timeLimit(.minutes(1)))
  func moves() async throws {
    let log = LogRecorder()
    try await TestBeacon.run(logger: log.logger) { beacon in
      for _ in 0..<2 {
        let node = try beacon.bind(7)
        var receiver = try node.transport.makeReceiver()
        try await node.register(&receiver)
      }
      let line = await log.first(beginning: "Node moved")
      #expect(line?.metadata["cause"] == "unreachable")
    }
  }
}

private final class Lines: Sendable {
  let byReason = Mutex<[String: Int]>([:])
}

/// Counts lines by the reason that they name.
private struct LineCounter: LogHandler {
  let lines: Lines
  var logLevel = Logger.Level.trace
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let reason = event.metadata?["reason"].map { "\($0)" } ?? "none"
    lines.byReason.withLock { $0[reason, default: 0] += 1 }
  }
}
