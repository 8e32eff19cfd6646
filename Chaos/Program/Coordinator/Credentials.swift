import ChaosCore
import FoundationEssentials
import PilotCommands
import PilotIdentity
import PilotWire

/// What the beacon needs to know its nodes by: their keys, and a certificate. The files are gone when the run is over.
struct Credentials: Sendable {
  let authority: ThrowawayAuthority
  let nodesPath: String

  init(_ plan: Plan) throws {
    authority = try ThrowawayAuthority()
    nodesPath = authority.authorityPath.dropLast("ca.pem".count) + "nodes.json"
    let keys = Keyring(seed: plan.seed)
    var members: [String] = []
    for id in Array(plan.population.ids) + Array(Population.hostile) {
      members.append(#""\#(id)":"\#(try keys.identity(of: id).publicKey.base64)""#)
    }
    let text = Data("{\(members.joined(separator: ","))}".utf8)
    guard FileManager.default.createFile(atPath: nodesPath, contents: text) else {
      authority.remove()
      throw ChaosFailure("\(nodesPath) could not be written")
    }
  }

  func remove() { authority.remove() }
}
