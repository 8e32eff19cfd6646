import PilotTransport
import Synchronization

/// Makes a beacon and its nodes known: the lease, its own key, and what the outbox has.
extension EtcdPresence {
  func tell(_ own: ClusterMember, _ outbox: PresenceOutbox, _ hear: @escaping @Sendable ([PresenceNews]) -> Void) async
  {
    var (registration, caller) = (EtcdRegistration(), EtcdCaller(urls, tls, limit: limit))
    var (writers, pace) = (Array(repeating: caller, count: Self.writesAtOnce), EtcdPace())
    var telling = EtcdTelling(patience: patience, at: .now())
    while !Task.isCancelled {
      let now = MonotonicInstant.now()
      var part = EtcdTelling.Part.beacon
      do throws(EtcdError) {
        switch registration.next(at: now) {
        case .wait(let until):
          _ = try? await Task.sleep(for: now.duration(to: until))
        case .grant:
          let answer = try await caller.post("/v3/lease/grant", EtcdRequest.grant(EtcdRegistration.timeToLive))
          telling.answered(at: .now())
          registration.granted(try Self.read(EtcdAnswer.Grant.self, answer).id)
        case .register(let lease):
          let obstacle = try await register(own, lease, outbox, &registration, &caller)
          telling.answered(at: .now())
          note(obstacle, .beacon, &telling, hear)
        case .beat(let lease):
          let obstacle = try await beat(own, lease, &registration, &caller, &telling)
          note(obstacle, .beacon, &telling, hear)
        case .publish(let lease):
          part = .nodes
          let published = try await publish(own, lease, outbox, &writers, &pace)
          if published != .nothing {
            telling.answered(at: .now())
            note(nil, .nodes, &telling, hear)
          }
          if published != .full {
            let next = now.advanced(by: ClusterPresence.interval)
            _ = try? await Task.sleep(for: MonotonicInstant.now().duration(to: next))
          }
        }
      } catch {
        if error.isLeaseGone { loseLease(&registration) }
        if error.code != nil { telling.answered(at: .now()) }
        state.withLock { $0.counts.failures &+= 1 }
        registration.failed(random: .random(in: 0..<1), at: .now())
        note(error.description, part, &telling, hear)
        // The watch's connection says nothing of it: whoever hears over that one dials anew.
        if telling.isCutOff(at: .now()) { endWatch() }
      }
    }
    if let lease = registration.lease {
      // Whoever waits for this beacon's end waits for this.
      var last = EtcdCaller(urls, tls, limit: .seconds(1))
      _ = try? await last.post("/v3/lease/revoke", EtcdRequest.lease(lease))
    }
  }

  /// Something was written, or it wasn't, and why.
  private func note(
    _ obstacle: String?, _ part: EtcdTelling.Part, _ telling: inout EtcdTelling, _ hear: ([PresenceNews]) -> Void
  ) {
    if let obstacle {
      telling.failed(part)
      hear([.untold(obstacle)])
    } else if telling.written(part) {
      hear([.told])
    }
  }

  /// - Returns: What keeps it from being written; nil if it is.
  private func register(
    _ own: ClusterMember, _ lease: Int64, _ outbox: PresenceOutbox, _ registration: inout EtcdRegistration,
    _ caller: inout EtcdCaller
  ) async throws(EtcdError) -> String? {
    let beat = nextBeat()
    let key = keys.member(own.beaconID)
    let answer = try await caller.post(
      "/v3/kv/txn", EtcdRequest.create(key, EtcdKeys.value(of: own, beat: beat), lease: lease))
    guard try Self.read(EtcdAnswer.Written.self, answer).succeeded == true else {
      state.withLock { $0.counts.taken &+= 1 }
      registration.isTaken(at: .now())
      return "another beacon has the number \(own.beaconID), or this one had it before and its lease runs yet"
    }
    wrote(beat)
    registration.registered(lease, random: .random(in: 0..<1), at: .now())
    outbox.tellAll()
    return nil
  }

  /// - Returns: What keeps it from being written; nil if it is.
  private func beat(
    _ own: ClusterMember, _ lease: Int64, _ registration: inout EtcdRegistration, _ caller: inout EtcdCaller,
    _ telling: inout EtcdTelling
  ) async throws(EtcdError) -> String? {
    let answer = try await caller.post("/v3/lease/keepalive", EtcdRequest.lease(lease))
    telling.answered(at: .now())
    let kept = try Self.read(EtcdAnswer.Kept.self, answer).result
    guard kept.seconds > 0 else {
      loseLease(&registration)
      return "the lease is gone: etcd was without a word of this beacon for too long, or has lost it"
    }
    let beat = nextBeat()
    let item = (key: keys.member(own.beaconID), value: Optional(EtcdKeys.value(of: own, beat: beat)))
    _ = try await caller.post("/v3/kv/txn", EtcdRequest.write([item], lease: lease))
    telling.answered(at: .now())
    wrote(beat)
    registration.registered(lease, random: .random(in: 0..<1), at: .now())
    endIfDeaf()
    return nil
  }

  /// What came of writing nodes' keys.
  private enum Published {
    /// Nothing was due, or had its turn.
    case nothing
    case some
    /// As much as is written at once: more may be due.
    case full
  }

  /// Writes what is due and has its turn in the pace, in several transactions at a time: etcd makes one write to its disk of those that come together, and a disk
  /// can be slow. All of them are over before the next ones begin, so that no key is in two of them.
  private func publish(
    _ own: ClusterMember, _ lease: Int64, _ outbox: PresenceOutbox, _ writers: inout [EtcdCaller],
    _ pace: inout EtcdPace
  ) async throws(EtcdError) -> Published {
    let due = take(from: outbox, &pace)
    guard !due.isEmpty else { return .nothing }
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
        let (keys, bytes) = (writes[result.writer].count, writes[result.writer].map { EtcdPace.cost(of: $0.nodes) })
        state.withLock { state in
          state.counts.written &+= UInt64(keys)
          state.counts.writtenBytes &+= UInt64(bytes.reduce(0, +))
        }
      }
    }
    if let failure { throw failure }
    return writes.count >= writers.count ? .full : .some
  }

  private func take(
    from outbox: PresenceOutbox, _ pace: inout EtcdPace
  ) -> [(bucket: Int, nodes: PresenceBucket)] {
    let now = MonotonicInstant.now()
    var isHeldBack = false
    let due = outbox.take(Self.keysPerWrite * Self.writesAtOnce) { nodes in
      isHeldBack = !pace.admits(nodes, at: now)
      return !isHeldBack
    }
    state.withLock { state in
      state.counts.isHeldBack = isHeldBack
      if isHeldBack { state.counts.heldBack &+= 1 }
    }
    return due
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
    state.withLock { $0.isInDoubt = true }
    endWatch()
  }

  /// Whoever hears dials anew, and goes on from where he was.
  private func endWatch() { state.withLock { $0.watching }?.close() }

  /// Ends a watch that doesn't show what this beacon itself has written.
  private func endIfDeaf() {
    let deaf = state.withLock { state -> EtcdConnection? in
      state.written > state.seen && state.written - state.seen > Self.beatsUnseen ? state.watching : nil
    }
    guard let deaf else { return }
    state.withLock { $0.counts.deaf &+= 1 }
    deaf.close()
  }
}
