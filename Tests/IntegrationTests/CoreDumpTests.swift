import Foundation
import PilotIdentity
import Testing

/// What the kernel may write to a disk of a process that holds keys.
@Suite(
  "Core dumps of a beacon", .timeLimit(.minutes(1)),
  .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/limits")))
struct CoreDumpTests {
  @Test("A running beacon's limit of core dumps is 0, the hard one as well")
  func limit() async throws {
    try await withNodesFile(1...1, of: Identity()) { nodes in
      let beacon = try BeaconProcess(nodes: nodes)
      defer { beacon.kill() }
      let limits = try String(contentsOfFile: "/proc/\(beacon.id)/limits", encoding: .utf8)
      let line = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") })
      #expect(line.split(separator: " ").dropFirst(4).prefix(2) == ["0", "0"])
    }
  }
}
