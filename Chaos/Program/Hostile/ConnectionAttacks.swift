import ChaosCore
import NIOCore
import PilotIdentity
import PilotTesting
import PilotWire
import Synchronization

/// What hostile peers do with connections.
struct ConnectionAttacks: Sendable {
  let population: Population
  let keys: Keyring
  let door: Door
  /// Connections that stay open until the round is over.
  let held: HeldConnections
  /// Frames that slow readers have read in the end.
  let readLate: Counter
  /// Answers for another beacon that were taken.
  let believed: Counter

  /// How long slow readers read nothing.
  private static let slowness: Duration = .seconds(2)
  /// The longest that a conversation may take.
  private static let limit: Duration = .seconds(20)
  /// Connections that are opened side by side.
  private static let width = 64

  /// Makes connections that stop somewhere on the way, or say what they shouldn't. Those that were turned away count too.
  func perform(_ strike: Strike) async {
    var left = strike.count
    var random = SeededRandom(seed: strike.seed)
    while left > 0 {
      await withTaskGroup { group in
        for _ in 0..<min(left, Self.width) {
          let seed = random.next()
          group.addTask { try? await self.connect(strike.attack, seed: seed) }
        }
      }
      left -= Self.width
    }
  }

  private func connect(_ attack: Attack, seed: UInt64) async throws {
    var random = SeededRandom(seed: seed)
    let garbage = (0..<Int.random(in: 1...2_000, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
    switch attack {
    case .silentConnections:
      held.keep(try await door.knock(isSecure: false))
    case .stoppedTLS:
      held.keep(try await door.knock(isSecure: true, reads: false))
    case .garbageBeforeTLS:
      try await write(garbage, to: door.knock(isSecure: false))
    case .garbageAfterTLS:
      try await write(garbage, to: door.knock(isSecure: true))
    case .stoppedUpgrades:
      let request = Array(door.request.utf8)
      try await write(request.prefix(.random(in: 1..<request.count, using: &random)), to: door.knock(isSecure: true))
    case .garbageAfterUpgrade:
      try await write(Array(door.request.utf8) + garbage, to: door.knock(isSecure: true))
    case .unansweredChallenges:
      try await write(Array(door.request.utf8), to: door.knock(isSecure: true))
    case .forgedReplies:
      try await forge(&random)
    case .badFrames:
      try await breakFrames(garbage, &random)
    case .slowReaders:
      try await readSlowly(&random)
    case .comingsAndGoings:
      try await comeAndGo(&random)
    case .relayedChallenges:
      try await passOn(&random)
    default:
      break
    }
  }

  private func write(_ bytes: some Sequence<UInt8> & Sendable, to channel: any Channel) async throws {
    held.keep(channel)
    try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
  }

  /// Claims to be somebody else.
  private func forge(_ random: inout SeededRandom) async throws {
    let kind = Int.random(in: 0..<5, using: &random)
    let honest = UInt32.random(in: population.ids, using: &random)
    let own = try keys.identity(of: Population.hostile.upperBound)
    let claimed = try keys.identity(of: honest)
    let (request, stranger) = (door.request, Identity())
    try await door.enter(within: Self.limit) { talk in
      var talk = talk
      let challenge = try await talk.challenge(request)
      guard let node = NodeID(honest), let unknown = NodeID(Population.invented) else { return }
      switch kind {
      case 0:  // The right node and key, signed by another.
        let signature = try own.sign(AuthReply.signedText(node: node, challenge: challenge))
        try await talk.say(text: AuthReply(node: node, publicKey: claimed.publicKey, signature: signature).json)
      case 1:  // The right node with a key of its own.
        try await talk.say(text: stranger.reply(to: challenge, as: node).json)
      case 2:
        try await talk.say(text: stranger.reply(to: challenge, as: unknown).json)
      case 3:  // An answer to a challenge that is a minute older.
        let old = AuthChallenge(nonce: challenge.nonce, timestamp: challenge.timestamp.map { $0 - 60 })
        try await talk.say(text: own.reply(to: old, as: node).json)
      default:  // A frame instead of the answer.
        try await talk.say(bytes: [0x82, 0x81, 0, 0, 0, 0, 5])
      }
      while try await talk.next() != nil {}
    }
  }

  /// Authenticates, and breaks RFC 6455 with its first frame.
  private func breakFrames(_ garbage: [UInt8], _ random: inout SeededRandom) async throws {
    let frames: [[UInt8]] = [
      [0x82, 0x01, 5],  // not masked
      [0xC2, 0x81, 0, 0, 0, 0, 5],  // a reserved bit
      [0x83, 0x81, 0, 0, 0, 0, 5],  // an opcode that there isn't
      [0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0] + garbage,  // longer than a message may be
      [0x09, 0x80, 0, 0, 0, 0],  // a control frame in fragments
      [0x81, 0x81, 0, 0, 0, 0, 0xFF],  // a text that is none
      [0x80, 0x80, 0, 0, 0, 0],  // a continuation of nothing
      [0x88, 0x82, 0, 0, 0, 0, 3, 0xED],  // a code that no Close may carry
    ]
    let frame = frames[Int.random(in: 0..<frames.count, using: &random)]
    guard let node = NodeID(.random(in: Population.passers, using: &random)) else { return }
    let (identity, request) = (try keys.identity(of: node.rawValue), door.request)
    try await door.enter(within: Self.limit) { talk in
      var talk = talk
      try await talk.authenticate(request, as: node, with: identity)
      try await talk.say(bytes: frame + garbage)
      while try await talk.next() != nil {}
    }
  }

  /// Authenticates, and leaves.
  private func comeAndGo(_ random: inout SeededRandom) async throws {
    guard let node = NodeID(.random(in: Population.passers, using: &random)) else { return }
    let (identity, request) = (try keys.identity(of: node.rawValue), door.request)
    try await door.enter(within: Self.limit) { talk in
      var talk = talk
      try await talk.authenticate(request, as: node, with: identity)
      try await talk.sayClose()
      while try await talk.next() != nil {}
    }
  }

  /// Gives the answer that a node has given to another beacon, which has passed the challenge on to it.
  private func passOn(_ random: inout SeededRandom) async throws {
    guard let node = NodeID(.random(in: Population.misled, using: &random)),
      let name = BeaconName(host: "elsewhere.example", port: door.endpoint.port)
    else { return }
    let (identity, request) = (try keys.identity(of: node.rawValue), door.requestNaming)
    try await door.enter(within: Self.limit) { [believed] talk in
      var talk = talk
      let challenge = try await talk.challenge(request)
      try await talk.say(text: identity.reply(to: challenge, as: node, dialling: name).json)
      while let said = try await talk.next() {
        if case .text = said { believed.add(1) }
      }
    }
  }

  /// Authenticates, reads nothing for a while, and then all.
  private func readSlowly(_ random: inout SeededRandom) async throws {
    guard let node = NodeID(.random(in: Population.slowReaders, using: &random)) else { return }
    let (identity, request) = (try keys.identity(of: node.rawValue), door.request)
    try await door.enter(within: Self.limit) { [readLate] talk in
      var talk = talk
      try await talk.authenticate(request, as: node, with: identity)
      try await Task.sleep(for: Self.slowness)
      try await talk.sayClose()
      while let said = try await talk.next() {
        if said == .binary { readLate.add(1) }
      }
    }
  }
}

/// Connections that somebody else closes.
final class HeldConnections: Sendable {
  private let channels = Mutex<[any Channel]>([])

  func keep(_ channel: any Channel) { channels.withLock { $0.append(channel) } }

  func closeAll() async {
    let all = channels.withLock { channels in
      defer { channels = [] }
      return channels
    }
    for channel in all { channel.close(promise: nil) }
    for channel in all { try? await channel.closeFuture.get() }
  }
}

/// A number that several tasks add to.
final class Counter: Sendable {
  private let number = Atomic<Int>(0)

  var value: Int { number.load(ordering: .relaxed) }

  func add(_ count: Int) { number.add(count, ordering: .relaxed) }
}
