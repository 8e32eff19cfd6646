import PilotTransport
import PilotWSS
import PilotWire
import Synchronization

/// Presence by etcd (version 3.4 or newer, its JSON gateway): one lease for each beacon, its keys under it (``EtcdKeys``), and one
/// watch over those of all.
///
/// What is next ``EtcdRegistration`` and ``EtcdView`` decide; this does it, over connections that are kept: one for what is read, one
/// for the watch's, and one for each of the transactions that are under way together.
final class EtcdPresence: Presence {
  /// The most keys written together: etcd takes 128, and 1.5 MiB.
  static let keysPerWrite = 100
  static let bytesPerWrite = 700_000
  /// How many of these there are at a time.
  static let writesAtOnce = 8
  /// Keys of one page.
  static let keysPerPage = 1_000
  /// How many beats may be written and not yet be seen: a watch that is silent for longer is deaf.
  static let beatsUnseen: UInt64 = 2
  /// Lines of a watch that wait to be read, at most: who falls back further reads all anew.
  static let lineLimit = 4_096

  private struct State {
    /// The own key's beats: the last one that was begun, and when; that was written with success; that was seen.
    var begun: (beat: UInt64, at: MonotonicInstant) = (0, .start)
    var written: UInt64 = 0
    var seen: UInt64 = 0
    /// Whether what has been heard may be of another time: the lease is gone, and perhaps all else.
    var isInDoubt = false
    /// What the watch comes over.
    var watching: EtcdConnection?
    var counts = EtcdCounts()
  }

  private let urls: [EtcdURL]
  private let keys: EtcdKeys
  private let tls: ClientTLS?
  private let state = Mutex(State())

  /// - Parameters:
  ///   - urls: Members of etcd's cluster, at least one.
  ///   - authorities: A PEM file with the authorities to trust; nil for the system's.
  /// - Throws: `.invalidConfiguration`.
  init(_ urls: [EtcdURL], authorities: String?, prefix: String = "/pilot") throws(TransportError) {
    self.urls = urls.shuffled()
    keys = EtcdKeys(prefix: prefix)
    tls =
      urls.contains { $0.isSecure }
      ? try ClientTLS(trusting: authorities.map { .file($0) } ?? .system) : nil
  }

  /// What it has done so far.
  var counts: EtcdCounts { state.withLock { $0.counts } }

  func run(
    as own: ClusterMember, telling outbox: PresenceOutbox, hear: @escaping @Sendable ([PresenceNews]) -> Void
  ) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.tell(own, outbox) }
      group.addTask { await self.listen(own, hear) }
    }
  }

  // MARK: Telling

  private func tell(_ own: ClusterMember, _ outbox: PresenceOutbox) async {
    var (registration, caller) = (EtcdRegistration(), EtcdCaller(urls, tls))
    var writers = Array(repeating: EtcdCaller(urls, tls), count: Self.writesAtOnce)
    while !Task.isCancelled {
      let now = MonotonicInstant.now()
      do throws(EtcdError) {
        switch registration.next(at: now) {
        case .wait(let until):
          _ = try? await Task.sleep(for: now.duration(to: until))
        case .grant:
          let answer = try await caller.post("/v3/lease/grant", EtcdRequest.grant(EtcdRegistration.timeToLive))
          registration.granted(try Self.read(EtcdAnswer.Grant.self, answer).id)
        case .register(let lease):
          try await register(own, lease, outbox, &registration, &caller)
        case .beat(let lease):
          try await beat(own, lease, &registration, &caller)
        case .publish(let lease):
          if try await !publish(own, lease, outbox, &writers) {
            let next = now.advanced(by: ClusterPresence.interval)
            _ = try? await Task.sleep(for: MonotonicInstant.now().duration(to: next))
          }
        }
      } catch {
        if error.isLeaseGone { loseLease(&registration) }
        state.withLock { $0.counts.failures &+= 1 }
        registration.failed(random: .random(in: 0..<1), at: .now())
      }
    }
    if let lease = registration.lease {
      // Whoever waits for this beacon's end waits for this.
      var last = EtcdCaller(urls, tls, limit: .seconds(1))
      _ = try? await last.post("/v3/lease/revoke", EtcdRequest.lease(lease))
    }
  }

  private func register(
    _ own: ClusterMember, _ lease: Int64, _ outbox: PresenceOutbox, _ registration: inout EtcdRegistration,
    _ caller: inout EtcdCaller
  ) async throws(EtcdError) {
    let beat = nextBeat()
    let key = keys.member(own.beaconID)
    let answer = try await caller.post(
      "/v3/kv/txn", EtcdRequest.create(key, EtcdKeys.value(of: own, beat: beat), lease: lease))
    guard try Self.read(EtcdAnswer.Written.self, answer).succeeded == true else {
      state.withLock { $0.counts.taken &+= 1 }
      return registration.isTaken(at: .now())
    }
    wrote(beat)
    registration.registered(lease, random: .random(in: 0..<1), at: .now())
    outbox.tellAll()
  }

  private func beat(
    _ own: ClusterMember, _ lease: Int64, _ registration: inout EtcdRegistration, _ caller: inout EtcdCaller
  ) async throws(EtcdError) {
    let answer = try await caller.post("/v3/lease/keepalive", EtcdRequest.lease(lease))
    let kept = try Self.read(EtcdAnswer.Kept.self, answer).result
    guard kept.seconds > 0 else { return loseLease(&registration) }
    let beat = nextBeat()
    let item = (key: keys.member(own.beaconID), value: Optional(EtcdKeys.value(of: own, beat: beat)))
    _ = try await caller.post("/v3/kv/txn", EtcdRequest.write([item], lease: lease))
    wrote(beat)
    registration.registered(lease, random: .random(in: 0..<1), at: .now())
    endIfDeaf()
  }

  /// Writes what is due, in several transactions at a time: etcd makes one write to its disk of those that come together, and a disk
  /// can be slow. All of them are over before the next ones begin, so that no key is in two of them.
  ///
  /// - Returns: Whether more may be due.
  private func publish(
    _ own: ClusterMember, _ lease: Int64, _ outbox: PresenceOutbox, _ writers: inout [EtcdCaller]
  ) async throws(EtcdError) -> Bool {
    let due = outbox.take(Self.keysPerWrite * writers.count)
    guard !due.isEmpty else { return false }
    let writes = Self.writes(of: due)
    outbox.putBack(writes.dropFirst(writers.count).flatMap { $0 }.map(\.bucket))
    let results = await withTaskGroup(of: (writer: Int, caller: EtcdCaller, failure: EtcdError?).self) { group in
      for (writer, write) in zip(writers.indices, writes) {
        let items = write.map { bucket, nodes in
          (key: keys.nodes(bucket, of: own.beaconID), value: nodes.isEmpty ? nil : nodes.encoded)
        }
        let (request, caller) = (EtcdRequest.write(items, lease: lease), writers[writer])
        group.addTask {
          var caller = caller
          do throws(EtcdError) {
            _ = try await caller.post("/v3/kv/txn", request)
            return (writer, caller, nil)
          } catch {
            return (writer, caller, error)
          }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    var failure: EtcdError?
    for result in results {
      writers[result.writer] = result.caller
      if let error = result.failure {
        failure = error
        outbox.putBack(writes[result.writer].map(\.bucket))
      } else {
        state.withLock { $0.counts.written &+= UInt64(writes[result.writer].count) }
      }
    }
    if let failure { throw failure }
    return writes.count >= writers.count
  }

  /// What fits one transaction each.
  private static func writes(
    of due: [(bucket: Int, nodes: PresenceBucket)]
  ) -> [[(bucket: Int, nodes: PresenceBucket)]] {
    var (writes, bytes): ([[(bucket: Int, nodes: PresenceBucket)]], Int) = ([], 0)
    for item in due {
      bytes += 4 * item.nodes.count
      if writes.isEmpty || writes[writes.count - 1].count == keysPerWrite || bytes > bytesPerWrite {
        writes.append([])
        bytes = 4 * item.nodes.count
      }
      writes[writes.count - 1].append(item)
    }
    return writes
  }

  private func nextBeat() -> UInt64 {
    state.withLock { state in
      state.begun = (state.begun.beat + 1, .now())
      return state.begun.beat
    }
  }

  private func wrote(_ beat: UInt64) { state.withLock { $0.written = beat } }

  /// The lease is gone: it was too long without a word, or etcd has lost it with all else. So all is read anew, too.
  private func loseLease(_ registration: inout EtcdRegistration) {
    registration.leaseIsGone(random: .random(in: 0..<1), at: .now())
    let watching = state.withLock { state in
      state.isInDoubt = true
      return state.watching
    }
    watching?.close()
  }

  /// Ends a watch that doesn't show what this beacon itself has written.
  private func endIfDeaf() {
    let deaf = state.withLock { state -> EtcdConnection? in
      state.seen + Self.beatsUnseen < state.written ? state.watching : nil
    }
    guard let deaf else { return }
    state.withLock { $0.counts.deaf &+= 1 }
    deaf.close()
  }

  // MARK: Listening

  private func listen(_ own: ClusterMember, _ hear: @escaping @Sendable ([PresenceNews]) -> Void) async {
    var (view, caller) = (EtcdView(from: keys.first), EtcdCaller(urls, tls))
    while !Task.isCancelled {
      let now = MonotonicInstant.now()
      if isInDoubt() { view.startOver() }
      do throws(EtcdError) {
        switch view.next(at: now) {
        case .wait(let until):
          _ = try? await Task.sleep(for: now.duration(to: until))
        case .read(let key, let revision):
          if view.isAtStart { hear([.surveyBegins]) }
          let answer = try await caller.post(
            "/v3/kv/range", EtcdRequest.read(from: key, to: keys.end, limit: Self.keysPerPage, revision: revision))
          let page = try Self.read(EtcdAnswer.Page.self, answer)
          hear((page.kvs ?? []).compactMap { news($0.key, $0.value, own) })
          let last = page.more == true ? page.kvs?.last?.key : nil
          if view.read(upTo: last, of: page.header.revision) { hear([.surveyEnds]) }
        case .watch(let revision):
          try await watch(from: revision, own, &view, &caller, hear)
        }
      } catch {
        if error.isCompacted { view.startOver() }
        state.withLock { $0.counts.failures &+= 1 }
        hear([.lost(error.description)])
        view.failed(random: .random(in: 0..<1), at: .now())
      }
    }
  }

  private func watch(
    from revision: Int64, _ own: ClusterMember, _ view: inout EtcdView, _ caller: inout EtcdCaller,
    _ hear: @escaping @Sendable ([PresenceNews]) -> Void
  ) async throws(EtcdError) {
    let connection = try await caller.open()
    defer { caller.close() }
    let (lines, yielding) = AsyncStream.makeStream(
      of: Result<[UInt8], EtcdError>.self, bufferingPolicy: .bufferingOldest(Self.lineLimit))
    state.withLock { state in
      state.watching = connection
      // What was written before needn't be seen any more.
      state.seen = max(state.seen, state.written)
    }
    defer { state.withLock { $0.watching = nil } }
    let request = EtcdRequest.watch(from: keys.first, to: keys.end, revision: revision)
    connection.stream("/v3/watch", request) { line in
      if case .dropped = yielding.yield(.success(line)) { connection.close() }
    } onEnd: { error in
      yielding.yield(.failure(error))
      yielding.finish()
    }
    var failure = EtcdError("the watch has ended")
    await withTaskCancellationHandler {
      for await line in lines {
        do throws(EtcdError) {
          switch line {
          case .failure(let error): throw error
          case .success(let json): if try take(json, own, &view, hear) { continue }
          }
          connection.close()
        } catch {
          failure = error
          connection.close()
        }
      }
    } onCancel: {
      connection.close()
    }
    throw failure
  }

  private func isInDoubt() -> Bool {
    state.withLock { state in
      defer { state.isInDoubt = false }
      return state.isInDoubt
    }
  }

  /// - Returns: Whether the watch goes on.
  private func take(
    _ json: [UInt8], _ own: ClusterMember, _ view: inout EtcdView, _ hear: @Sendable ([PresenceNews]) -> Void
  ) throws(EtcdError) -> Bool {
    guard let result = try Self.read(EtcdAnswer.Watched.self, json).result else {
      throw EtcdError("the watch was answered with an error")
    }
    if result.isCompacted {
      view.startOver()
      return false
    }
    if result.canceled == true { throw EtcdError("etcd has ended the watch") }
    if result.created == true {
      guard view.watchBegan(at: result.header.revision) else { return false }
      // Whatever was missed since then follows.
      hear([.surveyEnds])
    }
    let events = result.events ?? []
    if !events.isEmpty {
      hear(events.compactMap { news($0.kv.key, $0.type == "DELETE" ? nil : $0.kv.value, own) })
      // The last one may have come in part: it is heard again then, which changes nothing.
      view.heard(upTo: (events.last?.kv.revision ?? 1) - 1)
    }
    return true
  }

  /// What a key says; nil for this beacon's own.
  private func news(_ key: [UInt8], _ value: [UInt8]?, _ own: ClusterMember) -> PresenceNews? {
    switch keys.subject(of: key) {
    case nil:
      return .notUnderstood
    case .member(own.beaconID):
      if let value, let (member, beat) = EtcdKeys.member(own.beaconID, value), member == own {
        state.withLock { state in
          state.seen = max(state.seen, beat)
          if state.begun.beat == beat { state.counts.delay = state.begun.at.duration(to: .now()) }
        }
      }
      return nil
    case .nodes(_, own.beaconID):
      return nil
    case .member(let beaconID):
      guard let value else { return .gone(beaconID) }
      return EtcdKeys.member(beaconID, value).map { .member($0.member) } ?? .notUnderstood
    case .nodes(let bucket, let beaconID):
      guard let value else { return .nodes(nil, bucket: bucket, of: beaconID) }
      return PresenceBucket(value).map { .nodes($0, bucket: bucket, of: beaconID) } ?? .notUnderstood
    }
  }

  private static func read<Answer: Decodable>(_ type: Answer.Type, _ json: [UInt8]) throws(EtcdError) -> Answer {
    guard let answer = EtcdAnswer.read(type, json) else { throw EtcdError("an answer isn't understood; is that etcd?") }
    return answer
  }
}

/// What a beacon has done with etcd.
struct EtcdCounts: Equatable, Sendable {
  /// Keys of nodes written.
  var written: UInt64 = 0
  /// Requests that failed, and watches that ended.
  var failures: UInt64 = 0
  /// Watches that were ended because they didn't show what was written.
  var deaf: UInt64 = 0
  /// How often the beacon's number was somebody else's.
  var taken: UInt64 = 0
  /// From the writing of the beacon's own key to hearing of it, last.
  var delay: Duration?
}

/// Whoever asks etcd: keeps one connection, and goes on to the next member when that fails.
struct EtcdCaller: Sendable {
  private let urls: [EtcdURL]
  private let tls: ClientTLS?
  private let limit: Duration
  private var next = 0
  private var connection: EtcdConnection?

  init(_ urls: [EtcdURL], _ tls: ClientTLS?, limit: Duration = EtcdConnection.limit) {
    (self.urls, self.tls, self.limit) = (urls, tls, limit)
  }

  /// The connection, which is made if there is none.
  mutating func open() async throws(EtcdError) -> EtcdConnection {
    if let connection { return connection }
    let url = urls[next % urls.count]
    do throws(EtcdError) {
      let opened = try await EtcdConnection.open(url, tls: tls, limit: limit)
      connection = opened
      return opened
    } catch {
      next += 1
      throw error
    }
  }

  mutating func close() {
    connection?.close()
    connection = nil
  }

  /// The answer to a request. Whatever fails ends the connection, but for etcd's own refusals.
  mutating func post(_ path: String, _ body: [UInt8]) async throws(EtcdError) -> [UInt8] {
    let connection = try await open()
    do throws(EtcdError) {
      return try await connection.post(path, body)
    } catch {
      if error.code == nil {
        close()
        next += 1
      }
      throw error
    }
  }
}
