import ArgumentParser
import PilotConsole
import PilotNode
import PilotWSS
import PilotWire

/// Where `pilot pair` keeps its files.
struct PairFolderOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where the files are. (default: $XDG_CONFIG_HOME/pilot, else ~/.config/pilot)", valueName: "folder"))
  var folder: String?

  /// The folder.
  func place() throws(CommandFailure) -> PairFolder {
    if let folder {
      guard !folder.isEmpty else { throw .usage("--folder needs a path") }
      return PairFolder(path: folder.absolutePath)
    }
    guard let standard = PairFolder.standard() else {
      throw .usage("neither XDG_CONFIG_HOME nor HOME says where files belong", hint: "name a folder with --folder")
    }
    return standard
  }
}

/// How a side that is set up trusts its beacons.
struct PairTrustOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Trust the beacon by the certificate authorities in this PEM file.", valueName: "file"))
  var ca: String?

  @Option(
    help: ArgumentHelp(
      "Trust the beacon by the SHA-256 of its public key, in hexadecimal digits; repeatable. The other side learns it, too.",
      valueName: "hex"))
  var pin: [String] = []

  @Flag(help: "Allow ws:// to another host than this one: frames are readable on the way, what is forwarded isn't.")
  var insecurePlaintext = false

  /// What is to be set up.
  ///
  /// - Parameters:
  ///   - node: This node.
  ///   - beacons: Its beacons.
  ///   - known: Keys that its beacons are trusted by, beside those of the options.
  func setup(node: NodeID, beacons: [BeaconURL], pins known: [KeyPin] = []) throws(CommandFailure) -> PairSetup {
    var pins: [KeyPin] = []
    for text in pin { pins.append(try KeyPin(option: "pin", text)) }
    for pin in known where !pins.contains(pin) { pins.append(pin) }
    var setup = PairSetup(node: node, beacons: beacons, pins: pins)
    setup.certificateAuthorities = ca.map(\.absolutePath)
    setup.allowsPlaintext = insecurePlaintext
    return setup
  }
}

extension NodeID {
  /// A node as an option gives it.
  init(option text: String) throws(CommandFailure) {
    guard let node = NodeID(parsing: text) else { throw .usage("the node's ID must be 1...4294967295") }
    self = node
  }
}
