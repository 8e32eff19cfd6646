import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// A beacon's part in etcd, over real connections to a stand-in.
@Suite("A beacon and its etcd", .timeLimit(.minutes(1)))
struct EtcdPresenceTests {
  /// What was heard, in turn.
  private struct News: Sendable {
    let items: AsyncStream<PresenceNews>

    /// Waits for what fits.
    func next(_ isWanted: (PresenceNews) -> Bool) async {
      for await item in items where isWanted(item) { return }
    }
  }

  private static func withPresence(
    patience: Duration, _ body: (FakeEtcd, EtcdPresence, PresenceOutbox, News) async throws -> Void
  ) async throws {
    let etcd = try await FakeEtcd.start()
    let presence = try EtcdPresence(
      [try EtcdURL(parsing: "http://127.0.0.1:\(etcd.port)")], authorities: nil, limit: .milliseconds(100),
      patience: patience)
    let own = try #require(ClusterMember(beaconID: 256, epoch: 3, endpoint: .test(256, port: 9_001)))
    let (stream, yielding) = AsyncStream.makeStream(of: PresenceNews.self)
    let outbox = PresenceOutbox(seed: 7)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        await presence.run(as: own, telling: outbox) { news in for item in news { yielding.yield(item) } }
      }
      defer { group.cancelAll() }
      try await body(etcd, presence, outbox, News(items: stream))
    }
    try await etcd.close()
  }

  /// Whether what is to be told is told, and what others tell is heard.
  private static func becomeKnown(_ news: News) async {
    var (isTold, surveys) = (false, 0)
    await news.next { item in
      if item == .told { isTold = true }
      // One by reading, one by the watch that has begun.
      if item == .surveyEnds { surveys += 1 }
      return isTold && surveys >= 2
    }
  }

  @Test("An etcd that falls silent without a word isn't believed to be there, though its connections stand")
  func silence() async throws {
    try await Self.withPresence(patience: .milliseconds(150)) { etcd, presence, outbox, news in
      await Self.becomeKnown(news)
      etcd.fallSilent()
      // Something to write, which nobody answers.
      outbox.put([(.test(9), true)])
      await news.next { if case .untold = $0 { true } else { false } }
      await news.next { if case .lost = $0 { true } else { false } }
      #expect(presence.counts.failures >= 2)
      etcd.fallSilent(false)
      await Self.becomeAudible(news)
    }
  }

  /// Whether both go on again.
  private static func becomeAudible(_ news: News) async {
    var (isTold, isHeard) = (false, false)
    await news.next { item in
      if item == .told { isTold = true }
      if item == .surveyEnds { isHeard = true }
      return isTold && isHeard
    }
  }

  @Test("What etcd refuses to take is told, with its reason, until it takes it; its watch goes on")
  func refusal() async throws {
    try await Self.withPresence(patience: .seconds(3_600)) { etcd, presence, outbox, news in
      await Self.becomeKnown(news)
      etcd.refuse("mvcc: database space exceeded")
      outbox.put([(.test(9), true)])
      var reason = ""
      await news.next { item in
        guard case .untold(let text) = item else { return false }
        reason = text
        return true
      }
      #expect(reason.contains("database space exceeded"))
      etcd.refuse(nil)
      var isLost = false
      await news.next { item in
        if case .lost = item { isLost = true }
        return item == .told
      }
      #expect(!isLost)
      #expect(presence.counts.written == 1)
    }
  }
}
