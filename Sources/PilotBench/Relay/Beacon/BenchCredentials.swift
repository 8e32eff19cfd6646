import FoundationEssentials
import PilotConsole
import PilotFixtures
import PilotIdentity
import PilotWire

/// What nodes and beacons of one run know each other by: one key for all nodes, and a certificate authority. The files
/// are gone when the run is over.
struct BenchCredentials: Sendable {
  let identity = Identity()
  let authority: ThrowawayAuthority
  /// The nodes file that a beacon reads.
  let nodesPath: String
  /// The identity's file, for nodes in other processes.
  let identityPath: String
  private let directory: String

  /// Writes the files into new directories that only this user can read.
  ///
  /// - Parameter nodes: The nodes from 1 on that have the key.
  init(nodes: Int) throws {
    authority = try ThrowawayAuthority()
    let manager = FileManager.default
    directory = manager.temporaryDirectory.appending(path: "pilot-bench-\(UUID().uuidString)").path
    nodesPath = directory + "/nodes.json"
    identityPath = directory + "/identity.json"
    do {
      try manager.createDirectory(
        atPath: directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
      let key = identity.publicKey.base64
      let members = (1...max(nodes, 1)).map { #""\#($0)":"\#(key)""# }
      guard manager.createFile(atPath: nodesPath, contents: Data("{\(members.joined(separator: ","))}".utf8)) else {
        throw CommandFailure("\(nodesPath) could not be written", hint: "free some space in the temporary directory")
      }
      try identity.save(to: identityPath)
    } catch {
      remove()
      throw error
    }
  }

  /// Deletes the files.
  func remove() {
    authority.remove()
    try? FileManager.default.removeItem(atPath: directory)
  }
}
