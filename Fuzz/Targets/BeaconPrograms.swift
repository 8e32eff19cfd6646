import PilotWire

/// Programs for the beacon's target that come up to one of its bounds each: what random bytes take long to spell. A beacon that
/// doesn't keep the bound fails on them.
package enum BeaconPrograms {
  /// Each with its name.
  package static let all: [(name: String, program: [UInt8])] = [
    ("nodes-per-source", [ordinary] + (5...12).flatMap { discover($0, at: 0) }),
    ("capacity", [ordinary] + crowd + [9, 10].flatMap { discover($0, at: 11) }),
    // Listed nodes from an address that holds more than any other, and unlisted ones from all sides.
    ("listed-nodes-stay", [ordinary] + (1...4).flatMap { discover($0, at: 0) } + crowd + crowd),
    (
      "unanswered-credit",
      [ordinary] + discover(5, at: 3) + discover(6, at: 5) + relay(6, to: 5, at: 5, 1_450) + again(90)
    ),
    ("unanswered-credit-of-a-site", [ordinary] + creditOfASite),
    ("relay-rate", [ordinary] + discover(5, at: 3) + discover(6, at: 12) + relay(5, to: 6, at: 3, 10) + again(250)),
    ("relay-rate-of-a-site", [ordinary] + rateOfASite),
    ("long-relays", [ordinary] + discover(5, at: 3) + discover(6, at: 12) + relay(5, to: 6, at: 3, 3_900) + again(120)),
    ("relay-rate-proven", [ordinary] + prove(1, at: 0) + discover(6, at: 12) + floodProven),
    ("discovers", [ordinary] + discover(5, at: 6) + again(250)),
    ("challenges-of-a-node", [ordinary] + discover(1, at: 0, withKey: true) + again(30)),
    ("challenges-of-a-source", [ordinary] + challengesOfASource),
    (
      "probes",
      [ordinary] + ([5, 6, 7, 1, 2, 3, 4] as [UInt8]).flatMap { discover($0, at: 3) } + claimAll + [step(.time), 6]
    ),
    ("greetings", [ordinary] + discover(5, at: 3) + again(98)),
    (
      "answered",
      [ordinary] + discover(5, at: 3) + sign(at: 3) + discover(6, at: 5) + relay(6, to: 5, at: 5, 1_450) + again(90)
    ),
    ("answered-claim", [ordinary] + discover(5, at: 3) + discover(5, at: 5) + sign(at: 3) + [step(.time), 6]),
    ("dead-claim", [ordinary] + discover(5, at: 3) + discover(5, at: 5) + [step(.time), 6] + discover(5, at: 3)),
    ("claim-by-relay", [unasking] + discover(5, at: 3) + [step(.time), 40] + relay(5, to: 5, at: 4, 9)),
    ("punches", [ordinary] + discover(5, at: 3) + discover(6, at: 5) + punch(5, 6, at: 3) + again(20)),
    (
      "granted-punches", [granting] + discover(1, at: 3) + discover(2, at: 5) + punch(1, 2, at: 3, grant: 1) + again(20)
    ),
    ("proof", [requiring] + prove(1, at: 0) + discover(1, at: 5) + relay(1, to: 1, at: 0, 30)),
    ("proof-to-another-beacon", [ordinary] + discover(1, at: 0, withKey: true) + answer(at: 0, 16)),
    ("proof-of-another-key", [ordinary] + discover(1, at: 0, withKey: true) + answer(at: 0, 4 | 64)),
    ("proof-from-elsewhere", [ordinary] + discover(1, at: 0, withKey: true) + answer(at: 0, 1) + [5]),
    ("verifications", [ordinary] + wrongProofs),
    ("proven-nodes-stay", [unasking] + prove(1, at: 0) + discover(1, at: 1) + relay(1, to: 1, at: 1, 9)),
    ("proven-nodes-move-by-proof", [ordinary] + prove(1, at: 0) + [step(.time), 2] + prove(1, at: 5)),
    ("revoked", [ordinary] + prove(1, at: 0) + attach(2) + [step(.key), 0, step(.key), 1] + relay(1, to: 1, at: 0, 9)),
    ("attached", [ordinary] + attach(1) + attach(2) + message(relay(1, to: 2)) + discover(5, at: 3)),
    (
      "attached-rate",
      [ordinary] + attach(1) + attach(2) + Array(repeating: message(relay(1, to: 2)), count: 40).joined()
    ),
    ("gone", [ordinary] + prove(1, at: 0) + relay(1, to: 9, at: 0, 20) + again(90)),
    (
      "gone-attached",
      [ordinary] + attach(1) + attach(2) + message(relay(1, to: 9)) + message(relay(2, to: 9), over: 1)
    ),
    ("authenticated-elsewhere", [ordinary] + attach(1, isElsewhere: true) + attach(2, isElsewhere: true)),
    ("sync", [ordinary, step(.made), 3, 5, 7, 5, 0, 5, 0, 6, 0, 9, 9, 1]),
  ]

  // MARK: Worlds

  private static let ordinary: UInt8 = 0
  private static let requiring: UInt8 = 2
  private static let granting: UInt8 = 8
  private static let unasking: UInt8 = 16

  // MARK: Steps

  private static func step(_ step: BeaconTarget.Step) -> UInt8 { UInt8(truncatingIfNeeded: step.rawValue) }

  private static func discover(_ node: UInt8, at source: UInt8, withKey: Bool = false) -> [UInt8] {
    [step(.made), source, 0, node, withKey ? 2 : 0]
  }

  /// The frame's part of it, which messages have, too.
  private static func relay(_ sender: UInt8, to destination: UInt8, _ length: Int = 20) -> [UInt8] {
    [2, sender, destination, UInt8(length >> 8), UInt8(length & 0xFF)]
  }

  private static func relay(_ sender: UInt8, to destination: UInt8, at source: UInt8, _ length: Int) -> [UInt8] {
    [step(.made), source] + relay(sender, to: destination, length)
  }

  private static func punch(_ requester: UInt8, _ target: UInt8, at source: UInt8, grant: UInt8 = 0) -> [UInt8] {
    [step(.made), source, 3, requester, target, grant]
  }

  private static func sign(at source: UInt8) -> [UInt8] { [step(.made), source, 4, 0] }

  /// The last datagram so many times more.
  private static func again(_ times: UInt8) -> [UInt8] { [step(.again), times - 1] }

  private static func answer(at source: UInt8, _ choice: UInt8 = 0) -> [UInt8] { [step(.proof), source, choice] }

  private static func prove(_ node: UInt8, at source: UInt8) -> [UInt8] {
    discover(node, at: source, withKey: true) + answer(at: source)
  }

  /// A connection, the newest one of as many as this has made, that authenticates. Every second one names its beacon.
  private static func attach(_ node: UInt8, isElsewhere: Bool = false) -> [UInt8] {
    let peer = node - 1
    return [
      step(.connect), 0, step(.upgrade), peer, 0, step(.authenticate), peer, node - 1, isElsewhere ? 1 : 0,
    ]
  }

  /// Over a connection, the first one.
  private static func message(_ frame: [UInt8], over peer: UInt8 = 0) -> [UInt8] { [step(.madeMessage), peer] + frame }

  // MARK: Parts

  /// As many unlisted nodes as may come from each of several addresses.
  private static let crowd =
    ([5, 6, 7] as [UInt8]).flatMap { discover($0, at: 3) } + ([8, 9, 10] as [UInt8]).flatMap { discover($0, at: 5) }
    + ([11, 12, 13] as [UInt8]).flatMap { discover($0, at: 10) }
    + ([14, 15, 16] as [UInt8]).flatMap { discover($0, at: 11) }

  private static let claimAll = ([5, 6, 7, 1, 2, 3, 4] as [UInt8]).flatMap { discover($0, at: 5) }

  /// Three hosts of one site share what it may be sent.
  private static let creditOfASite =
    ([(5, 6), (6, 7), (7, 8)] as [(UInt8, UInt8)]).flatMap { discover($0.0, at: $0.1) } + discover(8, at: 5)
    + ([5, 6, 7] as [UInt8]).flatMap { relay(8, to: $0, at: 5, 1_450) + again(30) }

  private static let rateOfASite =
    ([(5, 6), (6, 7), (7, 8)] as [(UInt8, UInt8)]).flatMap { discover($0.0, at: $0.1) } + discover(8, at: 12)
    + ([(5, 6), (6, 7), (7, 8)] as [(UInt8, UInt8)]).flatMap { relay($0.0, to: 8, at: $0.1, 10) + again(60) }

  private static let floodProven =
    relay(1, to: 6, at: 0, 10) + (0..<6).flatMap { _ in again(250) }

  private static let challengesOfASource: [UInt8] = {
    var program: [UInt8] = []
    for _ in 0..<3 {
      for source in 0..<2 as Range<UInt8> {
        for node in 1..<5 as Range<UInt8> { program += discover(node, at: source, withKey: true) }
      }
      program += [step(.moment), 251]
    }
    return program
  }()

  /// Four a second, each to a challenge of its own.
  private static let wrongProofs: [UInt8] = {
    var program: [UInt8] = []
    for _ in 0..<8 {
      for node in 1..<5 as Range<UInt8> {
        program += discover(node, at: 0, withKey: true)
        program += answer(at: 0, 4 | (node % 4) << 6)
      }
      program += [step(.moment), 251]
    }
    return program
  }()
}
