import FoundationEssentials
import FuzzTargets
import Testing

/// Runs every fuzz target on the inputs that are kept in `Corpus`: those that reached something new, and those that
/// once failed; and the beacon's on programs that come up to its bounds.
struct KeptInputTests {
  @Test(arguments: FuzzTarget.allCases)
  func everyKeptInputHasAnAnswerThatIsAllowed(target: FuzzTarget) throws {
    let programs = target == .beacon ? BeaconPrograms.all.map { ($0.name, $0.program) } : []
    let inputs = try Self.inputs(of: target) + programs
    var accepted = 0
    for (name, input) in inputs {
      do {
        if try target.run(input) { accepted += 1 }
      } catch {
        Issue.record("\(target.rawValue)/\(name): \(error)")
      }
    }
    // A corpus of refusals would show nothing of what is behind the first check.
    #expect(accepted > 0)
    #expect(accepted < inputs.count)
  }

  private static func inputs(of target: FuzzTarget) throws -> [(String, [UInt8])] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Corpus/\(target.rawValue)").standardized
    return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { name in
      (name, Array(try Data(contentsOf: folder.appending(path: name))))
    }
  }
}
