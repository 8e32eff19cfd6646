public import PilotWire

/// The nodes file of a beacon: `{"<nodeID>":"<Base64 of an Ed25519 public key>", …}`, as `pilot beacon --nodes` takes it.
///
/// It is taken as a whole or not at all: one bad entry refuses it. An empty object is a file with no nodes.
public enum NodesFile {
  /// The longest file that is read, in bytes: room for a million nodes.
  public static let sizeLimit = 64 * 1024 * 1024

  /// Reads a file. Blocks for as long as the disk and the parsing take.
  ///
  /// - Throws: `NodesFileError`, naming the file and the entry.
  public static func load(from path: String) throws(NodesFileError) -> [NodeID: PublicKey] {
    try NodesFileVersion.open(path).keys()
  }

  /// Reads the contents of a file.
  ///
  /// - Throws: `NodesFileProblem`, naming the entry.
  public static func parse(_ contents: [UInt8]) throws(NodesFileProblem) -> [NodeID: PublicKey] {
    var keys: [NodeID: PublicKey] = [:]
    // An entry with a ten-digit ID has 60 bytes.
    keys.reserveCapacity(contents.count / 60)
    var scanner = NodesFileScanner(contents)
    try scanner.forEachMember { name, value, scanner throws(NodesFileProblem) in
      guard let node = NodeID(parsing: name) else {
        throw .badNodeID(entry: name.escapedExcerpt(40), line: scanner.line)
      }
      guard let value, let key = PublicKey(base64: value) else { throw .badKey(node: node, line: scanner.line) }
      guard keys.updateValue(key, forKey: node) == nil else { throw .duplicate(node: node, line: scanner.line) }
    }
    return keys
  }
}
