internal import ArgumentParser
import PilotConsole
import PilotWire

/// `pilot pair accept`.
struct PairAcceptCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "accept",
    abstract: "Let the node speak with this one that a line is of.",
    discussion: """
      A side that isn't set up yet says which node it is: it takes the line's beacons, and prints its own line for the other \
      side. A running pilot forward takes the new key within two seconds.

      Example:
        pilot pair accept 'pilot:1:7:…' --node 9
      """)

  @Argument(help: "The other side's line.")
  var line: String

  @Option(
    help: ArgumentHelp(
      "This node's ID, if it isn't set up yet: 1 or more, and nobody else's at the beacon.", valueName: "id"))
  var node: String?

  @Flag(help: "Take the line's key in place of another one that the node had.")
  var replace = false

  @OptionGroup var trust: PairTrustOptions

  @OptionGroup var folder: PairFolderOptions

  func run() async throws {
    CoreDumps.forbid()
    let folder = try folder.place()
    let peer = try PairingLine(option: line)
    let isNew = !folder.isSetUp
    if isNew {
      guard let node else {
        throw CommandFailure.usage("this side isn't set up yet", hint: "say with --node which node it is")
      }
      let id = try NodeID(option: node)
      guard id != peer.node else {
        throw CommandFailure.usage("the line is of node \(id), too", hint: "choose another ID for this node")
      }
      try folder.setUp(try trust.setup(node: id, beacons: peer.beacons, pins: peer.pins))
    }
    let own = try folder.line()
    if let node, try NodeID(option: node) != own.node {
      throw CommandFailure.usage("this side is node \(own.node) already", hint: "leave --node out")
    }
    guard own.node != peer.node else {
      throw CommandFailure(
        own.key == peer.key
          ? "that is this side's own line" : "the other side has the same ID as this one, \(own.node)",
        hint: own.key == peer.key
          ? "give it to the other side" : "one of the two needs another: pilot pair init --folder")
    }
    let wasUnknown = try folder.add(peer, replacing: replace)
    if isNew {
      try await Console.standard.print(own.text)
      PairReport.write(PairReport.made(own))
    }
    PairReport.write(
      PairReport.accepted(
        peer, isNew: wasUnknown, isAtOwnBeacon: !Set(own.beacons).isDisjoint(with: peer.beacons)))
  }
}

extension PairingLine {
  /// A line as an argument gives it.
  init(option text: String) throws(CommandFailure) {
    do throws(Fault) {
      try self.init(parsing: text)
    } catch {
      throw .usage(error.description)
    }
  }
}
