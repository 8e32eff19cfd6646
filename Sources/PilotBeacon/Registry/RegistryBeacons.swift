#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
import PilotIdentity
import PilotWire

/// What is said to a registry about beacons, and what it answers (wire reference, section 7).
enum RegistryBeacons {
  /// A beacon in a registry's list.
  struct Beacon: Equatable, Decodable {
    let id: UInt32
    let addr: String
  }

  private struct List: Decodable {
    var type: String?
    var beacons: [Beacon]?
  }

  /// Puts a beacon into the list, or keeps it there.
  static func registration(_ beaconID: UInt32, at address: Endpoint, token: String?) -> [UInt8] {
    let token = token.map { #","admin_token":"\#(escaped($0))""# } ?? ""
    return RegistryLookup.framed(#"{"type":"beacon_register","beacon_id":\#(beaconID),"addr":"\#(address)"\#(token)}"#)
  }

  /// Asks for the list.
  static let listing = RegistryLookup.framed(#"{"type":"beacon_list"}"#)

  /// Reads the answer to ``registration(_:at:token:)``.
  ///
  /// - Parameter token: What no error repeats, whatever the registry says.
  /// - Throws: `.unavailable` with what the registry has against it, `.invalidAnswer`.
  static func confirm(_ json: [UInt8], _ beaconID: UInt32, token: String?) throws(KeyDirectoryError) {
    guard let members = try? FlatJSON(parsing: json.span.raw, maximumLength: RegistryLookup.maximumLength) else {
      throw notUnderstood
    }
    if case .string(let text)? = members["error"] {
      let isTelling = token.map { text.contains($0) } ?? false
      let words = isTelling ? "with words that repeat the token" : RegistryAnswer.excerpt(of: text)
      throw KeyDirectoryError(code: .unavailable, message: "the registry refuses this beacon: \(words)")
    }
    let isOther = members["beacon_id"].map { $0 != .integer(UInt64(beaconID)) } ?? false
    guard members["type"] == .string("beacon_register_ok"), !isOther else { throw notUnderstood }
  }

  /// Reads the answer to ``listing``: the others in it may be anything.
  ///
  /// - Throws: `.invalidAnswer`.
  static func beacons(in json: [UInt8]) throws(KeyDirectoryError) -> [Beacon] {
    guard let list = try? JSONDecoder().decode(List.self, from: Data(json)), list.type == "beacon_list_ok" else {
      throw notUnderstood
    }
    return list.beacons ?? []
  }

  private static let notUnderstood = KeyDirectoryError(
    code: .invalidAnswer, message: "the registry's answer about beacons is not understood")

  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      if character == "\"" || character == "\\" { result.append("\\") }
      result.append(character)
    }
  }
}
