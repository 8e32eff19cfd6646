import Foundation

/// Where the sources make a `TransportError`, as far as a reader of text can tell: each `TransportError(code: .x`,
/// `self.init(code: .x` and `.init(code: .x`, with the advice that it gives, if it gives one.
struct ThrowingSites {
  /// Per file, without its ending: `code` or `code: advice`, each with how often it is there if that is more than once.
  let byFile: [String: String]
  /// The codes that there are, by the declarations in `TransportError.Code`.
  let codes: Set<String>
  /// The modules that are there.
  let modules: Set<String>

  /// Reads all sources of the package.
  init() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources").path()
    var byFile: [String: String] = [:]
    var codes: Set<String> = []
    // A package of some of the modules links to them.
    let modules = try FileManager.default.contentsOfDirectory(atPath: root)
    for name in try modules.flatMap({ try Self.sources(of: $0, in: root) }) {
      let text = try String(contentsOfFile: root + "/" + name, encoding: .utf8)
      let file = String(name.dropLast(".swift".count))
      byFile[file] = Self.sites(in: text)
      guard file == "PilotTransport/Contract/TransportError" else { continue }
      codes = Set(text.matches(of: /public static (?:let|func) (\w+)[^\n]*Self\(kind:/).map { String($0.output.1) })
    }
    self.byFile = byFile
    self.codes = codes
    self.modules = Set(modules)
  }

  private static func sources(of module: String, in root: String) throws -> [String] {
    let folder = URL(filePath: root + "/" + module).resolvingSymlinksInPath().path()
    return try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".swift") }
      .map { module + "/" + $0 }
  }

  private static func sites(in text: String) -> String? {
    var counts: [String: Int] = [:]
    for match in text.matches(of: /(?:TransportError|\.init)\(\s*code: \.(\w+)/) {
      let advice = advice(in: text[match.range.upperBound...])
      counts[match.output.1 + (advice.map { ": " + $0 } ?? ""), default: 0] += 1
    }
    if counts.isEmpty { return nil }
    return counts.sorted { $0.key < $1.key }.map { $0.value == 1 ? $0.key : "\($0.key) x\($0.value)" }
      .joined(separator: ", ")
  }

  /// What the rest of a call passes as `retry:`, which is its last argument.
  private static func advice(in rest: Substring) -> String? {
    var depth = 1
    let end = rest.firstIndex { character in
      if character == "(" { depth += 1 }
      if character == ")" { depth -= 1 }
      return depth == 0
    }
    guard let end, let match = rest[..<end].firstMatch(of: /\bretry: ([^\n]*)$/) else { return nil }
    return String(match.output.1)
  }
}
