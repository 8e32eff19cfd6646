import PilotBeacon
import PilotIdentity
import PilotWSS
import PilotWire

/// Texts that people, files and other servers give. What was read, and is written, must read the same.
enum TextTargets {
  static func endpoint(_ input: [UInt8]) throws(Violation) -> Bool {
    let text = String(decoding: input, as: UTF8.self)
    guard let endpoint = try? Endpoint(parsing: text) else { return false }
    guard (try? Endpoint(parsing: "\(endpoint)")) == endpoint else { throw Violation("\(text) became \(endpoint)") }
    return true
  }

  static func wssURL(_ input: [UInt8]) throws(Violation) -> Bool {
    let text = String(decoding: input, as: UTF8.self)
    guard let url = try? WSSURL(parsing: text) else { return false }
    guard (try? WSSURL(parsing: "\(url)")) == url else { throw Violation("\(text) became \(url)") }
    // Both stand in the head of a request.
    guard (url.path + url.authority).utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw Violation("\(url) would break a request's head")
    }
    return true
  }

  static func nodesFile(_ input: [UInt8]) throws(Violation) -> Bool {
    guard let keys = try? NodesFile.parse(input) else { return false }
    let members = keys.map { node, key in "\"\(node)\":\"\(key.base64)\"" }
    guard (try? NodesFile.parse(Array("{\(members.joined(separator: ","))}".utf8))) == keys else {
      throw Violation("\(keys.count) nodes are read differently the second time")
    }
    return true
  }

  static func identityFile(_ input: [UInt8]) throws(Violation) -> Bool {
    guard let document = try? IdentityDocument(parsing: input) else { return false }
    let again = try? IdentityDocument(parsing: Array(document.json.utf8))
    guard again?.json == document.json else { throw Violation("an identity is read differently the second time") }
    return true
  }

  static func registryAnswer(_ input: [UInt8]) throws(Violation) -> Bool {
    guard let node = NodeID(7), let answer = try? RegistryAnswer(json: input) else { return false }
    return (try? answer.key(of: node)) != nil
  }

  static func presenceBucket(_ input: [UInt8]) throws(Violation) -> Bool {
    guard let bucket = PresenceBucket(input) else { return false }
    guard bucket.encoded == input else { throw Violation("\(bucket.count) nodes are written as other bytes") }
    return true
  }
}
