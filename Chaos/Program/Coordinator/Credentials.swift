import ChaosCore
import FoundationEssentials
import PilotFixtures
import PilotIdentity
import PilotWire

/// What the beacon needs to know its nodes by: their keys, and a certificate; and where it is found by the next one. The files are gone when the run is over.
struct Credentials: Sendable {
  let authority: ThrowawayAuthority
  let nodesPath: String
  /// Where a beacon takes over from another.
  let takeoverPath: String
  private let population: Population
  private let keys: Keyring
  /// Keys that stand in for others'.
  private let otherKeys: Keyring

  init(_ plan: Plan) throws {
    authority = try ThrowawayAuthority()
    let folder = authority.authorityPath.dropLast("ca.pem".count)
    (nodesPath, takeoverPath) = (folder + "nodes.json", folder + "takeover")
    population = plan.population
    keys = Keyring(seed: plan.seed)
    otherKeys = Keyring(seed: ~plan.seed)
    do {
      try writeNodes()
    } catch {
      authority.remove()
      throw error
    }
  }

  /// How many nodes the beacon may register.
  var maximumNodes: Int { BeaconBounds.nodes(population) }

  /// Puts another nodes file in the place of the last one.
  ///
  /// - Parameter revocations: Keys that it shall not hold.
  func writeNodes(without revocations: [Revocation] = []) throws {
    let revoked = Dictionary(uniqueKeysWithValues: revocations.map { ($0.node, $0) })
    var members: [String] = []
    for id in Array(population.ids) + Array(Population.hostile) where !population.isUnlisted(id) {
      var keys = keys
      if let revocation = revoked[id] {
        guard revocation.isReplaced else { continue }
        keys = otherKeys
      }
      members.append(#""\#(id)":"\#(try keys.identity(of: id).publicKey.base64)""#)
    }
    let text = "{\(members.joined(separator: ","))}"
    try Data(text.utf8).write(to: URL(filePath: nodesPath), options: .atomic)
  }

  func remove() { authority.remove() }
}
