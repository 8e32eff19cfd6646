import Dispatch
import Logging
import NIOCore
import PilotIdentity
import PilotTransport
import PilotUDP
import PilotWSS
import PilotWire
import Synchronization

/// Gives what a beacon has to the one that takes over, as ``HandoverMachine`` says. Each conversation takes a thread for itself. Whatever it
/// waits for has its limit: a message of the other one, the sockets' threads, an event loop.
final class BeaconHandover: Sendable {
  /// How long the one that takes over may keep the nodes over UDP waiting: then this one reads on.
  private static let patience: Duration = .seconds(2)
  /// How long an event loop has to begin with a socket.
  static let loopLimit: Duration = .seconds(2)
  /// How long the loops have to come to a halt.
  private static let haltLimit = 1
  /// The table is brought up to date so often, before nobody reads, that about so many changes are left for that moment.
  private static let catchingUp = (rounds: 8, enough: 500)

  private let parts: BeaconServer.Parts
  private let addresses: BeaconServer.Addresses
  private let group: any EventLoopGroup

  init(_ parts: BeaconServer.Parts, _ addresses: BeaconServer.Addresses, on group: any EventLoopGroup) {
    self.parts = parts
    self.addresses = addresses
    self.group = group
  }

  /// One conversation, to its end. Blocks.
  ///
  /// - Returns: Whether the other one has taken over.
  func converse(over channel: HandoverChannel) -> Bool {
    guard parts.engine.predecessor == nil, parts.takeovers.gap == nil, parts.shutdown.phase == .serving else {
      // Behind its greeting: a conversation that ends with something unread ends with an error (unix(7)), and without the answer.
      if (try? channel.receive()) != nil { try? channel.send(TakeoverMessage.busy.encoded()) }
      return false
    }
    var conversation = Conversation(parts, addresses, group, channel)
    return conversation.run()
  }

  private struct Conversation {
    let parts: BeaconServer.Parts
    let addresses: BeaconServer.Addresses
    let group: any EventLoopGroup
    let channel: HandoverChannel
    var machine = HandoverMachine()
    var tally = TableTally()
    var locals = 0
    var linkEnd: InheritedDescriptor?
    /// The peers that the other one has been told of.
    var told: [UInt64] = []
    var stoppedAt = MonotonicInstant.start
    /// Why it came to nothing, for the log.
    var reason = "the other beacon has ended"

    init(
      _ parts: BeaconServer.Parts, _ addresses: BeaconServer.Addresses, _ group: any EventLoopGroup,
      _ channel: HandoverChannel
    ) {
      (self.parts, self.addresses, self.group, self.channel) = (parts, addresses, group, channel)
    }

    /// - Returns: Whether the other one has taken over.
    mutating func run() -> Bool {
      while true {
        let action = next()
        do {
          switch action {
          case .offer: try channel.send(TakeoverMessage.offer(offer).encoded())
          case .copy(let kinds): try copy(kinds)
          case .freeze(let kinds): try freeze(kinds)
          case .release(let kinds):
            release(kinds)
            return true
          case .abandon, .resume:
            end(action)
            return false
          case .ignore: return false
          }
        } catch {
          reason = "\(error)"
          end(machine.failed())
          return false
        }
      }
    }

    private mutating func next() -> HandoverMachine.Action {
      do {
        guard let (message, _) = try channel.receive() else { return machine.failed() }
        return machine.received(try TakeoverMessage(parsing: message.span.raw))
      } catch let error as HandoverFault {
        reason = error.isTimeout ? "the other beacon takes too long" : "\(error)"
      } catch {
        reason = "\(error)"
      }
      return machine.failed()
    }

    private var offer: TakeoverOffer {
      TakeoverOffer(
        beaconID: parts.beaconID, udp: addresses.udp, udpSockets: UInt16(clamping: parts.udp.all.count),
        wss: parts.listener == nil ? nil : addresses.wss, http: parts.status == nil ? nil : addresses.http)
    }

    private mutating func copy(_ kinds: TakeoverParts) throws {
      if kinds.contains(.udp) {
        let sockets = try parts.udp.all.map { try Self.required($0.duplicateDescriptor()) }
        var rest = sockets[...]
        while !rest.isEmpty {
          let some = Array(rest.prefix(HandoverChannel.descriptorLimit))
          try channel.send(TakeoverMessage.descriptors(.udp).encoded(), descriptors: some)
          rest = rest.dropFirst(some.count)
        }
      }
      if kinds.contains(.peers) {
        let (here, there) = try InheritedDescriptor.pair()
        linkEnd = here
        try channel.send(TakeoverMessage.descriptors(.peers).encoded(), descriptors: [there])
      }
      if kinds.contains(.wss), let listener = parts.listener {
        try channel.send(
          TakeoverMessage.descriptors(.wss).encoded(),
          descriptors: [try Self.required(try listener.withDescriptor(InheritedDescriptor.duplicating))])
      }
      if kinds.contains(.http), let status = parts.status {
        try channel.send(
          TakeoverMessage.descriptors(.http).encoded(),
          descriptors: [try Self.required(try status.withDescriptor(InheritedDescriptor.duplicating))])
      }
      if kinds.contains(.table) {
        parts.engine.beginHandover()
        for part in 0..<parts.engine.handoverParts { try send(parts.engine.handed(part: part, at: .now())) }
      }
      try channel.send(TakeoverMessage.copied(tally).encoded())
    }

    private mutating func freeze(_ kinds: TakeoverParts) throws {
      if kinds.contains(.table) {
        for _ in 0..<BeaconHandover.catchingUp.rounds {
          let changes = try changes()
          try send(changes)
          if changes.count < BeaconHandover.catchingUp.enough { break }
        }
      }
      channel.setLimit(BeaconHandover.patience)
      stoppedAt = .now()
      if kinds.contains(.udp) {
        guard parts.gate.shut(within: .seconds(BeaconHandover.haltLimit)) else { throw Trouble.loops }
      }
      if kinds.contains(.table) { try send(try changes()) }
      if kinds.contains(.peers) {
        let peers = parts.engine.currentPeers
        told = peers.map(\.connection)
        for piece in peers.pieces { try send(.peers(piece)) }
      }
      try channel.send(TakeoverMessage.yours(tally).encoded())
    }

    private func changes() throws -> [HandedNode] {
      guard let changes = parts.engine.takeChanges(at: .now()) else { throw Trouble.changes }
      return changes
    }

    /// The other one reads by now.
    private mutating func release(_ kinds: TakeoverParts) {
      let gap = stoppedAt.duration(to: .now())
      parts.engine.endHandover()
      parts.takeovers.handedOver(after: gap)
      if let linkEnd {
        let link = PeerLink()
        parts.takeovers.joined(link)
        parts.engine.handOver(to: link, told: told)
        let (engine, totals) = (parts.engine, parts.totals)
        let start = link.start(over: linkEnd, on: group) { PeersOfSuccessor(engine: engine, totals: totals) }
        attempt("the stream for its peers") {
          try start.wait(within: BeaconHandover.loopLimit)
        } else: {
          link.close()
        }
      }
      if !kinds.contains(.wss) { parts.listener?.refuseNew() }
      attempt("the WebSocket listener") { if kinds.contains(.wss) { try parts.listener?.stopListening(on: group) } }
      attempt("the status listener") { if kinds.contains(.http) { try parts.status?.stopListening(on: group) } }
      attempt("the last word") { try channel.send(TakeoverMessage.done.encoded()) }
      parts.logger.notice(
        "Handed over to another beacon",
        metadata: [
          "nodes": "\(tally.records)", "peers": "\(parts.engine.connections.count)",
          "gap": "\(gap.milliseconds) ms",
        ])
    }

    /// What fails once all is given away keeps nobody from it.
    private func attempt(_ what: String, _ body: () throws -> Void, else clear: () -> Void = {}) {
      do {
        try body()
      } catch {
        clear()
        parts.logger.warning(
          "Something was left behind for the beacon that takes over",
          metadata: ["what": "\(what)", "reason": "\(error)"])
      }
    }

    private mutating func end(_ action: HandoverMachine.Action) {
      parts.engine.endHandover()
      if action == .resume {
        parts.gate.open()
        try? channel.send(TakeoverMessage.resumed.encoded())
      }
      parts.takeovers.failed()
      parts.logger.warning("A takeover has come to nothing; this beacon serves on", metadata: ["reason": "\(reason)"])
    }

    /// Sends what is known of nodes, behind the addresses of this machine that it names.
    private mutating func send(_ nodes: [HandedNode]) throws {
      let known = parts.udp.all[0].localAddresses
      if known.count > locals {
        try send(.locals(Array(known[locals...])))
        locals = known.count
      }
      var registered: [RegistrationRecord] = []
      var absent: [(node: NodeID, hasProven: Bool)] = []
      for node in nodes {
        switch node {
        case .registered(var record):
          if record.registration.isProven, let key = parts.keys.cachedPublicKey(of: record.node) {
            record.key = key.firstBytes
          }
          registered.append(record)
        case .absent(let node, let hasProven): absent.append((node, hasProven))
        }
      }
      for piece in registered.pieces { try send(.registered(piece)) }
      for piece in absent.pieces { try send(.absent(piece)) }
    }

    private mutating func send(_ piece: TablePiece) throws {
      let bytes = piece.encoded()
      tally.count(bytes.span.raw, records: piece.count)
      try channel.send(bytes)
    }

    private static func required(_ descriptor: InheritedDescriptor?) throws -> InheritedDescriptor {
      guard let descriptor else { throw Trouble.descriptor }
      return descriptor
    }
  }

  /// What can be in the way of giving something away.
  private enum Trouble: Error, CustomStringConvertible {
    case descriptor, loops, changes

    var description: String {
      switch self {
      case .descriptor: "no descriptor for it: is the limit of open files reached?"
      case .loops: "the sockets' threads don't come to a halt"
      case .changes: "more nodes come and go than can be told"
      }
    }
  }
}

extension Array {
  /// As many as one message holds in each.
  fileprivate var pieces: [[Element]] {
    stride(from: 0, to: count, by: TablePiece.limit).map { Array(self[$0..<Swift.min($0 + TablePiece.limit, count)]) }
  }
}
