import Foundation
import Testing

/// The article's table has a row for each test of an obstacle, in the test's own words.
@Suite("The article on paths")
struct PathsArticleTests {
  @Test func rows() throws {
    let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
      .standardized
    let article = try String(
      contentsOf: package.appending(path: "Sources/PilotNode/PilotNode.docc/Paths.md"),
      encoding: .utf8)
    let rows = article.split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst(2).map(
      String.init)
    var names: [String] = []
    for file in ["ObstacleTests", "ObstacleTests+Everything", "SeveralBeaconsTests"] {
      let path = package.appending(path: "Tests/PilotNodeTests/Paths/\(file).swift")
      let source = try String(contentsOf: path, encoding: .utf8)
      for match in source.matches(of: /@Test\(\s*"([^"]+)"/) { names.append(String(match.1)) }
    }
    #expect(rows.count > 20)
    #expect(rows == names.map { "| " + $0.replacing(": ", with: " | ", maxReplacements: 1) + " |" })
  }
}
