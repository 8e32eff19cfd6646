import PilotTransport
import Synchronization

/// Hears what the other beacons make known: reads all keys, then watches them.
extension EtcdPresence {
  func listen(_ own: ClusterMember, _ hear: @escaping @Sendable ([PresenceNews]) -> Void) async {
    var (view, caller) = (EtcdView(from: keys.first), EtcdCaller(urls, tls, limit: limit))
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
    let lines = EtcdLines()
    state.withLock { state in
      state.watching = connection
      // What was written before needn't be seen any more.
      state.seen = max(state.seen, state.written)
    }
    defer { state.withLock { $0.watching = nil } }
    let request = EtcdRequest.watch(from: keys.first, to: keys.end, revision: revision)
    connection.stream("/v3/watch", request) { line in
      if !lines.put(line) { connection.close() }
    } onEnd: { error in
      lines.end(error)
    }
    var failure = EtcdError("the watch has ended")
    await withTaskCancellationHandler {
      for await line in lines.lines {
        do throws(EtcdError) {
          switch line {
          case .failure(let error): throw error
          case .success(let json):
            lines.took(json)
            if try take(json, own, &view, hear) { continue }
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
}
