#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The test vectors of the wire reference, which PilotWire's tests carry, for the tests of other modules: each decodes what it needs.
package enum VectorFile {
  /// Reads what a type asks for, by the names that the file has.
  ///
  /// - Throws: What is wrong with the file, or with what the type expects of it.
  package static func decode<Part: Decodable>(_ part: Part.Type) throws -> Part {
    var folder = URL(filePath: #filePath)
    // Wire, PilotTesting, Sources, the package.
    for _ in 0..<4 { folder.deleteLastPathComponent() }
    let data = try Data(contentsOf: folder.appending(path: "Tests/PilotWireTests/Resources/wire.json"))
    return try JSONDecoder().decode(part, from: data)
  }
}
