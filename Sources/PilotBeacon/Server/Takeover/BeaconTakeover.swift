import Dispatch
import Logging
import NIOCore
import PilotIdentity
import PilotTransport
import PilotUDP
import PilotWSS
import PilotWire

/// Takes what the beacon before has, as ``TakeoverMachine`` says, in four steps, each once and in this order: ``greet(at:_:logger:)``,
/// ``receiveTable(_:)``, ``complete(_:on:)`` and ``awaitEnd()``. Each blocks a thread that isn't the pool's, for a minute in all at most
/// (`HandoverChannel.limitInAll`).
///
/// Unchecked Sendable because the steps come one after the other.
final class BeaconTakeover: @unchecked Sendable {
  /// What came along, for whoever makes the parts.
  private(set) var inherited = InheritedSockets()
  /// The first of the numbers under which the neighbours know the nodes.
  private(set) var beaconID: UInt32?

  /// How often whoever listens there is greeted: he may be about to give the path up, to the one after him or for good.
  static let greetings = 3

  private let channel: HandoverChannel
  private let path: String
  private let logger: Logger
  private var machine: TakeoverMachine
  private var offer: TakeoverOffer?
  private var link: InheritedDescriptor?
  /// Whether the other one has ended the conversation.
  private var isCutOff = false
  /// What came behind the descriptors.
  private var pending: (action: TakeoverMachine.Action, message: [UInt8])?
  private var tally = TableTally()
  private var localCount = 0
  private var isTableRefused = false
  private var peers: [(connection: UInt64, peer: PeerLinkMessage.Peer)] = []
  private var counts = (taken: 0, leftOut: 0)
  private var stoppedAt: MonotonicInstant?

  private init(_ channel: HandoverChannel, _ configuration: BeaconServer.Configuration, path: String, logger: Logger) {
    self.channel = channel
    self.path = path
    self.logger = logger
    let (udp, wss, http) = (configuration.udp, configuration.wss?.address, configuration.http)
    machine = TakeoverMachine { $0.parts(udp: udp, wss: wss, http: http) }
  }

  // MARK: Greeting

  /// Connects to whoever serves at a path, and takes the sockets that fit.
  ///
  /// - Returns: nil if nobody does.
  /// - Throws: `.bindFailed` if the one who does can't be had. It serves on.
  static func greet(
    at path: String, _ configuration: BeaconServer.Configuration, logger: Logger
  ) async throws(TransportError) -> BeaconTakeover? {
    try await onThread { () throws(TransportError) in
      var greeting = 1
      while true {
        let channel: HandoverChannel
        do throws(HandoverFault) {
          channel = try HandoverChannel.connect(to: path)
        } catch {
          if error.isNobody { return nil }
          throw failure(path, error.isAboutTrust ? "it is another user's" : "\(error)")
        }
        let takeover = BeaconTakeover(channel, configuration, path: path, logger: logger)
        do throws(TransportError) {
          try takeover.greet()
          return takeover
        } catch {
          guard takeover.isCutOff, takeover.offer == nil, greeting < greetings else { throw error }
          greeting += 1
        }
      }
    }
  }

  private func greet() throws(TransportError) {
    try send(.hello)
    while pending == nil {
      let (action, message, descriptors) = try next()
      switch action {
      case .accept(let parts):
        guard case .offer(let offer)? = try? TakeoverMessage(parsing: message.span.raw) else {
          throw failed("no offer")
        }
        self.offer = offer
        if parts.contains(.udp) { beaconID = offer.beaconID }
        if parts.contains(.udp), !parts.contains(.table) {
          isTableRefused = true
          logger.error(
            "The table of the beacon before is refused: this one starts empty",
            metadata: ["reason": "version \(offer.table), records of \(offer.recordLength) bytes"])
        }
        try send(.accept(parts))
      case .keep(let part): try keep(descriptors, as: part)
      case .wait:
        throw TransportError(
          code: .bindFailed,
          message:
            "the beacon at \(path) has just taken over, or is about to end; leave it running, and try again when that is through",
          retry: .later(after: nil))
      default: pending = (action, message)
      }
    }
    guard inherited.udp.count == (beaconID == nil ? 0 : Int(offer?.udpSockets ?? 0)) else {
      throw failed("sockets are missing")
    }
  }

  private func keep(_ descriptors: [InheritedDescriptor], as part: TakeoverParts) throws(TransportError) {
    guard let offer else { throw failed("no offer") }
    for descriptor in descriptors {
      switch part {
      case .udp where descriptor.kind == .datagrams(offer.udp): inherited.udp.append(descriptor)
      case .wss where descriptor.kind == offer.wss.map { .listener($0) }: inherited.wss = descriptor
      case .http where descriptor.kind == offer.http.map { .listener($0) }: inherited.http = descriptor
      case .peers where link == nil: link = descriptor
      default: throw failed("a socket isn't what it is said to be")
      }
    }
  }

  // MARK: The table

  /// Takes the table in, into a beacon that doesn't serve yet. One that can't be understood is refused as a whole.
  func receiveTable(_ parts: BeaconServer.Parts) async throws(TransportError) {
    try await Self.onThread { () throws(TransportError) in
      while true {
        let (action, message) = try self.takePending()
        switch action {
        case .take: self.take(message, parts)
        case .prepare(let tally):
          self.check(tally, parts)
          return
        default: throw self.failed("it says what isn't due")
        }
      }
    }
  }

  /// What came behind the descriptors, and then what comes.
  private func takePending() throws(TransportError) -> (TakeoverMachine.Action, [UInt8]) {
    if let taken = pending.take() { return taken }
    let (action, message, _) = try next()
    return (action, message)
  }

  private func take(_ message: [UInt8], _ parts: BeaconServer.Parts) {
    let now = MonotonicInstant.now()
    do throws(HandoverError) {
      let piece = try TablePiece(parsing: message.span.raw, locals: localCount, now: now.nanoseconds)
      tally.count(message.span.raw, records: piece.count)
      if case .peers(let more) = piece { peers += more }
      guard !isTableRefused else { return }
      switch piece {
      case .locals(let addresses):
        parts.udp.all[0].adopt(localAddresses: addresses)
        localCount += addresses.count
      case .registered(let records): adopt(records.map { .registered($0) }, parts, at: now)
      case .absent(let nodes):
        adopt(nodes.map { .absent($0.node, hasProven: $0.hasProven) }, parts, at: now)
      case .peers: break
      }
    } catch {
      refuseTable("\(error)", parts)
    }
  }

  private func adopt(_ nodes: [HandedNode], _ parts: BeaconServer.Parts, at now: MonotonicInstant) {
    let (taken, leftOut) = parts.engine.adopt(nodes, keys: parts.keys, at: now)
    counts.taken += taken
    counts.leftOut += leftOut
  }

  private func check(_ tally: TableTally, _ parts: BeaconServer.Parts) {
    if isTableRefused || tally == self.tally { return }
    refuseTable("\(HandoverError.checksum)", parts)
  }

  private func refuseTable(_ reason: String, _ parts: BeaconServer.Parts) {
    guard !isTableRefused else { return }
    isTableRefused = true
    counts = (0, 0)
    parts.engine.forgetAll()
    logger.error("The table of the beacon before is refused: this one starts empty", metadata: ["reason": "\(reason)"])
  }

  // MARK: The change

  /// Says that all is ready, takes in what has changed since, and says that this beacon reads from now on: it has to, at once.
  ///
  /// - Throws: `.bindFailed` if the other one serves on.
  func complete(_ parts: BeaconServer.Parts, on group: any EventLoopGroup) async throws(TransportError) {
    try await Self.onThread { () throws(TransportError) in
      guard self.machine.begin() else { throw self.failed("it isn't ready") }
      try self.send(.ready)
      while true {
        let (action, message, _) = try self.next()
        switch action {
        case .take: self.take(message, parts)
        case .read(let tally):
          self.check(tally, parts)
          let displaced = parts.engine.endAdoption()
          if !self.isTableRefused { self.counts = (self.counts.taken - displaced, self.counts.leftOut + displaced) }
          try self.join(parts, on: group)
          return try self.send(.reading)
        default: throw self.failed("it serves on")
        }
      }
    }
    if isTableRefused { parts.takeovers.refusedTable() }
    parts.takeovers.took(counts.taken, leftOut: counts.leftOut)
    parts.takeovers.tookOver()
  }

  /// The peers that are connected there are attached before anything is read that could be for them.
  private func join(_ parts: BeaconServer.Parts, on group: any EventLoopGroup) throws(TransportError) {
    guard let end = link else { return }
    let (link, peers) = (PeerLink(), peers)
    parts.takeovers.joined(link)
    parts.engine.follow(link)
    do {
      try link.start(over: end, on: group) {
        PeersAtPredecessor(engine: parts.engine, relay: parts.makeRelay(over: parts.udp.all[0]), peers)
      }.wait(within: BeaconHandover.loopLimit)
    } catch {
      throw failed("\(error)")
    }
  }

  /// Waits until the other one has given all up.
  ///
  /// - Returns: What ends this beacon: the other one serves on. nil if all is well.
  func awaitEnd() async -> TransportError? {
    do throws(TransportError) {
      return try await Self.onThread { () throws(TransportError) -> TransportError? in
        let action: TakeoverMachine.Action
        do {
          if let (message, _) = try self.channel.receive() {
            action = self.machine.received(try TakeoverMessage(parsing: message.span.raw))
          } else {
            action = self.machine.ended()
          }
        } catch {
          action = self.machine.ended()
        }
        guard action == .serve else { return self.failed("it serves on") }
        self.logger.notice(
          "Took over from another beacon",
          metadata: [
            "nodes": "\(self.counts.taken)", "left_out": "\(self.counts.leftOut)", "peers": "\(self.peers.count)",
            "sockets": "\(self.offer?.udpSockets ?? 0)",
          ])
        return nil
      }
    } catch {
      return error
    }
  }

  // MARK: The conversation

  private func send(_ message: TakeoverMessage) throws(TransportError) {
    do throws(HandoverFault) {
      try channel.send(message.encoded())
    } catch {
      isCutOff = error.isEnd
      throw failed("\(error)")
    }
  }

  private func next() throws(TransportError) -> (TakeoverMachine.Action, [UInt8], [InheritedDescriptor]) {
    do {
      guard let (message, descriptors) = try channel.receive() else {
        isCutOff = true
        throw failed("it has ended the conversation")
      }
      return (machine.received(try TakeoverMessage(parsing: message.span.raw)), message, descriptors)
    } catch let error as HandoverFault {
      isCutOff = error.isEnd
      throw failed(error.isTimeout ? "it takes too long" : "\(error)")
    } catch let error as TransportError {
      throw error
    } catch {
      throw failed("it can't be understood (\(error))")
    }
  }

  private func failed(_ reason: String) -> TransportError {
    _ = machine.failed()
    channel.close()
    return Self.failure(path, reason)
  }

  private static func failure(_ path: String, _ reason: String) -> TransportError {
    // Whoever stops the other one has none.
    TransportError(
      code: .bindFailed,
      message: """
        can't take over from the beacon at \(path): \(reason); leave it running, and start this one again, as its user or as \
        root
        """)
  }

  /// Runs what blocks on a thread of its own: those of the global queues are the concurrency pool's, and few.
  private static func onThread<Result: Sendable>(
    _ body: @escaping @Sendable () throws(TransportError) -> Result
  ) async throws(TransportError) -> Result {
    let result = await withCheckedContinuation { continuation in
      DispatchQueue(label: "pilot.takeover", qos: .userInitiated).async {
        continuation.resume(returning: Swift.Result { () throws(TransportError) in try body() })
      }
    }
    return try result.get()
  }
}
