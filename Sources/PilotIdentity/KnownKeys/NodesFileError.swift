public import PilotWire

/// Why a nodes file was refused.
public struct NodesFileError: Error, Hashable, Sendable {
  /// The file.
  public let path: String
  /// What is wrong with it.
  public let problem: NodesFileProblem

  /// An error about the file at `path`.
  public init(path: String, problem: NodesFileProblem) {
    self.path = path
    self.problem = problem
  }
}

/// What can be wrong with a nodes file. Lines count from 1.
@nonexhaustive
public enum NodesFileProblem: Error, Hashable, Sendable {
  /// It can't be opened or read; most often it isn't there. `reason` is the system's text.
  case cannotRead(reason: String)
  /// The path leads to a directory, a pipe, a socket or a device.
  case notRegularFile
  /// It is longer than `limit` bytes.
  case tooLarge(limit: Int)
  /// It was written to while it was being read.
  case changedWhileRead
  /// It isn't one JSON object. `expected`: what should have stood in that line.
  case notJSON(line: Int, expected: String)
  /// The name of an entry isn't a node ID in decimal. `entry`: the name, cut off and escaped.
  case badNodeID(entry: String, line: Int)
  /// The value of an entry isn't a string with the Base64 of 32 bytes.
  case badKey(node: NodeID, line: Int)
  /// A node has two entries; `line` is the second one's.
  case duplicate(node: NodeID, line: Int)
}

extension NodesFileError: CustomStringConvertible {
  /// One sentence without a full stop: which file, what is wrong, and what to try.
  public var description: String { "nodes file \(path): \(problem)" }
}

extension NodesFileProblem: CustomStringConvertible {
  /// What is wrong, and what to try.
  public var description: String {
    switch self {
    case .cannotRead(let reason): "can't be read: \(reason); check the path and its permissions"
    case .notRegularFile: "is not a regular file; give the path of a JSON file"
    case .tooLarge(let limit): "is larger than \(limit) bytes; remove entries, or use a registry"
    case .changedWhileRead: "changed while it was being read; write a new file and rename it over the old one"
    case .notJSON(let line, let expected): "line \(line): expected \(expected); check it with a JSON tool"
    case .badNodeID(let entry, let line):
      "line \(line): \"\(entry)\" is not a node ID; write 1 to \(UInt32.max) in decimal"
    case .badKey(let node, let line):
      "line \(line): the key of node \(node) is not a public key; write the Base64 of \(PublicKey.byteCount) bytes"
    case .duplicate(let node, let line): "line \(line): node \(node) has another entry already; remove one"
    }
  }
}
