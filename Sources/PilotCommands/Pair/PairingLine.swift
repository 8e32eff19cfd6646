import PilotNode
import PilotWSS
import PilotWire

/// What one side of a pair has to know of the other, as one line of text that people copy:
///
///     pilot:1:<node>:<public key, base64url>:<beacon URL>,…[,pin=<hex>]…:<CRC-32 of all before, 8 hex digits>
///
/// It holds no secret. Who can change it on its way can put himself between the two; ``fingerprint`` is for reading it to each
/// other.
struct PairingLine: Hashable, Sendable {
  /// The longest line that is read, in bytes.
  private static let lengthLimit = 4_096
  /// How many beacons and pins there are at most.
  private static let itemLimit = 16
  private static let version = "1"
  /// What people put around a text that they quote.
  private static let quotationMarks: Set<Character> = ["\"", "'", "`", "<", ">"]

  /// The node that made it.
  let node: NodeID
  let key: PublicKey
  /// Where that node's beacons are; one at least.
  let beacons: [BeaconURL]
  /// The keys that it trusts the beacons by; none where certificate authorities do.
  let pins: [KeyPin]

  /// Makes the line of a node.
  ///
  /// - Throws: `.unfit` for a beacon's URL that no line can hold.
  init(node: NodeID, key: PublicKey, beacons: [BeaconURL], pins: [KeyPin]) throws(Fault) {
    (self.node, self.key, self.beacons, self.pins) = (node, key, beacons, pins)
    guard !beacons.isEmpty, beacons.count + pins.count <= Self.itemLimit, text.utf8.count <= Self.lengthLimit,
      text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !text.contains(where: Self.quotationMarks.contains),
      !beacons.contains(where: { $0.description.contains(",") })
    else { throw .unfit }
  }

  /// The text.
  var text: String {
    let key = key.base64.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    let items = beacons.map(\.description) + pins.map { "pin=\($0)" }
    let head = "pilot:\(Self.version):\(node):\(key):\(items.joined(separator: ","))"
    return "\(head):\(Self.checksum(head))"
  }

  private static func checksum(_ text: some StringProtocol) -> String {
    let bytes = Array(text.utf8)
    let digits = String(CRC32.checksum(bytes.span.raw), radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}

extension PairingLine {
  /// Why a text is no line that can be used.
  enum Fault: Error, Hashable {
    /// It is something else.
    case foreign
    /// It was made by a version that this one doesn't know.
    case version(String)
    /// Something is missing of it, or was changed on its way.
    case damaged
    /// Its checksum is right, and what it says can't be.
    case unfit
  }

  /// Reads a text as somebody has copied it: line breaks and spaces that a mail program put into it, and quotation marks around
  /// it, are left out.
  init(parsing text: String) throws(Fault) {
    let line = String(text.filter { !$0.isWhitespace && !Self.quotationMarks.contains($0) })
    guard line.utf8.count <= Self.lengthLimit, line.hasPrefix("pilot:") else { throw .foreign }
    let fields = line.split(separator: ":", maxSplits: 4, omittingEmptySubsequences: false)
    guard fields.count > 1, fields[1] == Self.version else {
      guard fields.count > 1, !fields[1].isEmpty, fields[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
        throw .damaged
      }
      throw .version(String(fields[1].prefix(10)))
    }
    guard fields.count == 5, let colon = line.lastIndex(of: ":"),
      line[line.index(after: colon)...] == Self.checksum(line[..<colon])
    else { throw .damaged }
    // Behind four fields stand the items, and the checksum behind the last colon.
    let items = fields[4].prefix(upTo: fields[4].lastIndex(of: ":") ?? fields[4].startIndex).split(
      separator: ",", omittingEmptySubsequences: false)
    let base64 = fields[3].replacing("-", with: "+").replacing("_", with: "/") + "="
    guard let node = NodeID(parsing: fields[2]), let key = PublicKey(base64: base64) else { throw .unfit }
    var beacons: [BeaconURL] = []
    var pins: [KeyPin] = []
    for item in items {
      if item.hasPrefix("pin=") {
        guard let pin = KeyPin(hex: String(item.dropFirst(4))) else { throw .unfit }
        pins.append(pin)
      } else {
        guard let beacon = try? BeaconURL(parsing: String(item)) else { throw .unfit }
        beacons.append(beacon)
      }
    }
    try self.init(node: node, key: key, beacons: beacons, pins: pins)
  }
}

extension PairingLine.Fault: CustomStringConvertible {
  /// One clause, and what to try.
  var description: String {
    switch self {
    case .foreign: "that is no line of pilot pair; it begins with pilot:1: and the other side's pilot pair prints it"
    case .version(let version):
      "the line has version \(version), and this program knows 1; bring both programs to the same version"
    case .damaged: "the line was damaged on its way: its checksum is wrong; copy all of it again"
    case .unfit: "the line's node, key or beacon can't be used; have the other side make it anew"
    }
  }
}
