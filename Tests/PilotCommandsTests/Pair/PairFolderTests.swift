import Foundation
import PilotConsole
import PilotIdentity
import PilotNode
import PilotWSS
import PilotWire
import Testing

@testable import PilotCommands

@Suite("the files of pilot pair")
struct PairFolderTests {
  private static func setup(_ node: UInt32, pins: [KeyPin] = []) throws -> PairSetup {
    try PairSetup(
      node: #require(NodeID(node)),
      beacons: [BeaconURL(parsing: "udp://beacon.test:9001"), BeaconURL(parsing: "wss://beacon.test")], pins: pins)
  }

  private func withFolder(_ body: (PairFolder) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(PairFolder(path: path + "/deep/pilot"))
  }

  @Test("two sides that exchange lines know each other, and their settings are those of forward and ping")
  func exchange() throws {
    try withFolder { one in
      try withFolder { other in
        let pin = try #require(KeyPin(hex: String(repeating: "ab", count: 32)))
        try one.setUp(Self.setup(7, pins: [pin]))
        let line = try one.line()
        #expect(line.node.rawValue == 7 && line.beacons.count == 2 && line.pins == [pin])
        try other.setUp(PairSetup(node: #require(NodeID(9)), beacons: line.beacons, pins: line.pins))
        #expect(try other.add(line, replacing: false))
        #expect(try one.add(other.line(), replacing: false))
        #expect(try NodesFile.load(from: one.peers) == [#require(NodeID(9)): other.line().key])
        #expect(try NodesFile.load(from: other.peers) == [#require(NodeID(7)): line.key])
        for settings in [
          try other.settings(.forward, of: ForwardRunCommand.self), try other.settings(.ping, of: PingCommand.self),
        ] {
          #expect(try settings.string(nil, "node") == "9")
          #expect(try settings.string(nil, "identity") == other.identity)
          #expect(try settings.string(nil, "peers") == other.peers)
          #expect(try settings.strings([], "beacon") == line.beacons.map(\.description))
          #expect(try settings.strings([], "pin") == ["\(pin)"])
        }
      }
    }
  }

  @Test("nothing that is there is lost, and all of it is its owner's alone")
  func kept() throws {
    try withFolder { folder in
      #expect(!folder.isSetUp)
      #expect(throws: CommandFailure.self) { try folder.line() }
      try folder.setUp(Self.setup(7))
      #expect(folder.isSetUp)
      let before = try folder.line()
      #expect(throws: CommandFailure.self) { try folder.setUp(Self.setup(8)) }
      #expect(try folder.line() == before)
      try FileManager.default.removeItem(atPath: folder.configuration)
      try folder.setUp(Self.setup(8))
      #expect(try folder.line().key == before.key, "the identity stays")
      for file in [folder.identity, folder.peers, folder.configuration] {
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        #expect(attributes[.posixPermissions] as? Int == 0o600, "\(file)")
      }
      let attributes = try FileManager.default.attributesOfItem(atPath: folder.path)
      #expect(attributes[.posixPermissions] as? Int == 0o700)
    }
  }

  @Test("another key for a known node is taken only if that is asked for")
  func replaced() throws {
    try withFolder { folder in
      try folder.setUp(Self.setup(7))
      let beacons = try Self.setup(7).beacons
      let (first, second) = (Identity().publicKey, Identity().publicKey)
      let node = try #require(NodeID(9))
      let old = try PairingLine(node: node, key: first, beacons: beacons, pins: [])
      let new = try PairingLine(node: node, key: second, beacons: beacons, pins: [])
      #expect(try folder.add(old, replacing: false))
      #expect(try !folder.add(old, replacing: false), "known already")
      #expect(throws: CommandFailure.self) { try folder.add(new, replacing: false) }
      #expect(try NodesFile.load(from: folder.peers) == [node: first])
      #expect(try folder.add(new, replacing: true))
      #expect(try NodesFile.load(from: folder.peers) == [node: second])
    }
  }

  @Test("the folder is where the environment says")
  func places() {
    #expect(PairFolder.standard(["XDG_CONFIG_HOME": "/x", "HOME": "/h"])?.path == "/x/pilot")
    #expect(
      PairFolder.standard(["XDG_CONFIG_HOME": "x", "HOME": "/h"])?.path == "/h/.config/pilot", "not a whole path")
    #expect(PairFolder.standard(["HOME": "/"])?.path == "/.config/pilot")
    #expect(PairFolder.standard([:])?.path == nil)
  }
}
